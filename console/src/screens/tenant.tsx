import { useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, useData, useSession } from "../data";
import { Check, TextField } from "../ui/fields";
import { secondsSince, spanOf } from "../ui/moments";
import { Button, Card, Destroy, Dialog, Fault, Figure, ForPrograms, Heading, Pairs, Secret, Skeleton, Status, Time } from "../ui/parts";
import { SCOPES_OF_A_TENANT, ScopeChoice } from "../ui/scopes";
import { DaysTable, UsageCharts } from "./usage";

type Tenant = components["schemas"]["TenantNowOut"];

const HOUR = 3600;
const DAYS = 14;

export function TenantScreen({ tenant }: { tenant: string }) {
  const { client } = useSession();
  const path = { tenant };
  const asked = useData(tenant, (signal) => client.get("/tenants/{tenant}", { path, signal }));
  const usage = useData(`usage of ${tenant}`, (signal) => client.get("/tenants/{tenant}/usage", { path, query: { days: DAYS }, signal }));
  const [secret, setSecret] = useState<{ text: string; says: string } | null>(null);
  const [dialog, setDialog] = useState<"limits" | "key" | "link" | null>(null);
  const suspending = useAction(async (suspended: boolean) => {
    await client.patch("/tenants/{tenant}", { path, body: { suspended } });
    asked.reload();
  });
  const deleting = useAction(async () => {
    await client.delete("/tenants/{tenant}", { path });
    asked.reload();
  });
  const close = () => setDialog(null);
  const told = (text: string, says: string) => {
    setSecret({ text, says });
    close();
  };
  const found = asked.data;
  return (
    <>
      <Heading title={found?.name ?? tenant} says={<code>{tenant}</code>}>
        <ForPrograms path={`/tenants/${tenant}`} value={found} />
        <Button onClick={() => setDialog("link")}>Console link</Button>
        <Button onClick={() => setDialog("key")}>First key</Button>
        <Button disabled={found === undefined || suspending.isRunning} onClick={() => void suspending.run(!found?.suspended)}>
          {found?.suspended ? "Resume" : "Suspend"}
        </Button>
        <Destroy name="Delete" typed={tenant} says="Its keys die at once. Then everything of it goes, wherever it is kept. This cannot be undone." act={deleting} />
      </Heading>
      <Fault error={asked.error ?? suspending.error} retry={asked.reload} />
      {found?.deleting && <Leaving of={found.deleting} />}
      {secret !== null && <Secret {...secret} />}
      {found === undefined ? asked.isLoading && <Skeleton lines={8} /> : <Standing of={found} edit={() => setDialog("limits")} />}
      <Fault error={usage.error} />
      {usage.data !== undefined && (
        <>
          <UsageCharts days={usage.data.days} />
          <DaysTable days={usage.data.days} />
        </>
      )}
      {dialog === "limits" && found !== undefined && (
        <Dialog title="Limits" close={close}>
          <Limits
            of={found}
            saved={() => {
              asked.reload();
              close();
            }}
          />
        </Dialog>
      )}
      {dialog === "key" && (
        <Dialog title="A key for this tenant" close={close}>
          <FirstKey tenant={tenant} made={(key) => told(key, "The key, shown this once. Hand it to the tenant on a safe way.")} />
        </Dialog>
      )}
      {dialog === "link" && (
        <Dialog title="A link to the console" close={close}>
          <ConsoleLink tenant={tenant} made={(url) => told(url, "It signs one browser in, once. Suspending the tenant ends it.")} />
        </Dialog>
      )}
    </>
  );
}

function Leaving({ of: deletion }: { of: NonNullable<Tenant["deleting"]> }) {
  const removed = Object.entries(deletion.removed) as [string, number][];
  return (
    <div class="note" data-tone="warn" role="status">
      <strong>It is being deleted; its keys are dead.</strong>
      <span>
        {removed.length === 0 ? "Nothing is removed yet." : `Removed so far: ${removed.map(([what, count]) => `${count.toLocaleString()} ${what.replaceAll("_", " ")}`).join(", ")}.`} Last progress: <Time at={deletion.progressed_at} />
      </span>
    </div>
  );
}

function Standing({ of: tenant, edit }: { of: Tenant; edit: () => void }) {
  const limits = Object.entries(tenant.limits) as [string, number | null][];
  const own = new Set<string>(tenant.own_limits);
  return (
    <>
      <div class="figures">
        <Figure name="Waiting in its inbox" value={tenant.inbox.pending.toLocaleString()} says={tenant.inbox.is_capped ? "and more" : ""} />
        <Figure name="Failed pushes waiting" value={tenant.inbox.failed.toLocaleString()} />
        <Figure name="Oldest waits for" value={tenant.inbox.oldest_pending_at === null ? "–" : spanOf(secondsSince(tenant.inbox.oldest_pending_at))} says={<Time at={tenant.inbox.oldest_pending_at} missing="nothing waits" />} />
      </div>
      <div class="two">
        <Card title="Facts">
          <Pairs
            of={[
              ["State", <Status of={tenant.state} />],
              ["Created", <Time at={tenant.created_at} />],
            ]}
          />
        </Card>
        <Card title="Limits" tools={<Button size="small" onClick={edit}>Change</Button>}>
          <Pairs of={limits.map(([name, limit]) => [name.replaceAll("_", " "), `${limit === null ? "none" : limit.toLocaleString()}${own.has(name) ? "" : " (the deployment’s)"}`] as const)} />
        </Card>
      </div>
    </>
  );
}

/** A limit as it is typed: empty for the deployment's own, `none` for none. */
function Limits({ of: tenant, saved }: { of: Tenant; saved: () => void }) {
  const { client } = useSession();
  const [read] = useState(() => limitTexts(tenant));
  const [texts, setTexts] = useState(read);
  const saving = useAction(async () => {
    const limits = changedLimits(read, texts);
    await client.patch("/tenants/{tenant}", { path: { tenant: tenant.tenant }, body: { limits } as components["schemas"]["TenantPatchIn"] });
    saved();
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void saving.run();
      }}
    >
      <p>Empty for the deployment’s own, “none” for no limit.</p>
      {Object.entries(texts).map(([name, text]) => (
        <TextField key={name} label={name.replaceAll("_", " ")} value={text} change={(value) => setTexts({ ...texts, [name]: value })} />
      ))}
      <Fault error={saving.error} />
      <Button type="submit" kind="main" disabled={saving.isRunning}>
        Save
      </Button>
    </form>
  );
}

type LimitTexts = Readonly<Record<string, string>>;

function limitTexts(tenant: Pick<Tenant, "limits" | "own_limits">): LimitTexts {
  const own = new Set<string>(tenant.own_limits);
  return Object.fromEntries(Object.entries(tenant.limits).map(([name, limit]) => [name, own.has(name) ? String(limit ?? "none") : ""]));
}

/** Those that somebody typed anew; the others are left to whoever changes them meanwhile. */
export function changedLimits(read: LimitTexts, texts: LimitTexts): Record<string, unknown> {
  const changed = Object.entries(texts).filter(([name, text]) => text !== read[name]);
  return Object.fromEntries(changed.map(([name, text]) => [name, limitOf(text)]));
}

function limitOf(text: string): unknown {
  const typed = text.trim().toLowerCase();
  if (typed === "") return "default";
  if (typed === "none") return null;
  return /^\d+$/.test(typed) ? Number(typed) : text;
}

function FirstKey({ tenant, made }: { tenant: string; made: (apiKey: string) => void }) {
  const { client } = useSession();
  const [name, setName] = useState("first key");
  const [scopes, setScopes] = useState<readonly string[]>(["admin"]);
  const making = useAction(async () => {
    const body = { name, scopes: [...scopes] } as components["schemas"]["KeyIn"];
    made((await client.post("/tenants/{tenant}/keys", { path: { tenant }, body })).api_key);
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void making.run();
      }}
    >
      <TextField label="Name" value={name} change={setName} required />
      <ScopeChoice mine={SCOPES_OF_A_TENANT} chosen={scopes} change={setScopes} />
      <Fault error={making.error} />
      <Button type="submit" kind="main" disabled={making.isRunning || scopes.length === 0}>
        Make the key
      </Button>
    </form>
  );
}

function ConsoleLink({ tenant, made }: { tenant: string; made: (url: string) => void }) {
  const { client } = useSession();
  const [scopes, setScopes] = useState<readonly string[]>(["events:read", "inbox", "notifications:manage"]);
  const [isDay, setIsDay] = useState(false);
  const making = useAction(async () => {
    const body = { scopes: [...scopes], expires_in_seconds: (isDay ? 24 : 1) * HOUR } as components["schemas"]["ConsoleLinkIn"];
    made((await client.post("/tenants/{tenant}/console-links", { path: { tenant }, body })).url);
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void making.run();
      }}
    >
      <ScopeChoice mine={SCOPES_OF_A_TENANT} chosen={scopes} change={setScopes} />
      <Check label="For a day instead of an hour" value={isDay} change={setIsDay} />
      <Fault error={making.error} />
      <Button type="submit" kind="main" disabled={making.isRunning || scopes.length === 0}>
        Make the link
      </Button>
    </form>
  );
}
