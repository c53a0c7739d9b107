import { useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, usePages, useSession } from "../data";
import { TextArea, TextField } from "../ui/fields";
import { Button, Destroy, Dialog, Empty, Fault, ForPrograms, Heading, Secret, Status, Time } from "../ui/parts";
import { ScopeChoice } from "../ui/scopes";
import { PagedTable } from "../ui/table";

type Key = components["schemas"]["KeyOut"];

export function KeysScreen() {
  const { me } = useSession();
  const keys = usePages("/keys", { query: { limit: 50 } });
  const [issued, setIssued] = useState<string | null>(null);
  const [isMaking, setIsMaking] = useState(false);
  return (
    <>
      <Heading title="Keys" says="Who may call the API for you, and what each may do.">
        <ForPrograms path="/keys" value={keys.data} />
        <Button kind="main" onClick={() => setIsMaking(true)}>
          New key
        </Button>
      </Heading>
      {issued !== null && <Secret text={issued} says="The key, shown this once. Put it where it belongs before you leave this page." />}
      {isMaking && (
        <Dialog title="New key" close={() => setIsMaking(false)}>
          <NewKey
            made={(apiKey) => {
              setIssued(apiKey);
              setIsMaking(false);
              keys.reload();
            }}
          />
        </Dialog>
      )}
      <PagedTable
        label="Keys"
        pages={keys}
        keyOf={(key) => key.key_id}
        columns={[
          { name: "Name", show: (key) => <KeyName of={key} isMine={key.key_id === me.key_id} />, isWide: true },
          { name: "State", show: (key) => <Status of={key.state} /> },
          { name: "Scopes", show: (key) => key.scopes?.join(", "), isWide: true },
          { name: "Last used", show: (key) => <Time at={key.last_used_at} missing="never" /> },
          { name: "Expires", show: (key) => <Time at={key.expires_at} missing="never" /> },
          { name: "Actions", show: (key) => key.state === "live" && <KeyTools of={key} done={keys.reload} issued={setIssued} /> },
        ]}
        empty={<Empty title="There is no key" />}
      />
    </>
  );
}

function KeyName({ of: key, isMine }: { of: Key; isMine: boolean }) {
  return (
    <>
      <strong>{key.name}</strong>
      {isMine && " (this one)"}
      <br />
      <code>{key.key_id}</code>
      {key.allowed_ips != null && <small> · from {key.allowed_ips.join(", ")}</small>}
    </>
  );
}

function KeyTools(props: { of: Key; done: () => void; issued: (apiKey: string) => void }) {
  const { client } = useSession();
  const path = { key_id: props.of.key_id };
  const rotating = useAction(async () => {
    const rotated = await client.post("/keys/{key_id}/rotate", { path, body: { overlap_seconds: 3600 } });
    props.issued(rotated.api_key);
    props.done();
  });
  const revoking = useAction(async () => {
    await client.delete("/keys/{key_id}", { path });
    props.done();
  });
  return (
    <div class="row">
      <Button disabled={rotating.isRunning} onClick={() => void rotating.run()} title="A new secret; the old one works for an hour more">
        Rotate
      </Button>
      <Destroy name="Revoke" says={`Whatever uses “${props.of.name}” stops within a minute, for good.`} act={revoking} />
      <Fault error={rotating.error} />
    </div>
  );
}

function NewKey({ made }: { made: (apiKey: string) => void }) {
  const { client, me } = useSession();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [expiresAt, setExpiresAt] = useState("");
  const [addresses, setAddresses] = useState("");
  const making = useAction(async () => {
    const networks = addresses.split("\n").map((line) => line.trim()).filter(Boolean);
    const body = {
      name,
      scopes: [...scopes],
      ...(expiresAt !== "" && { expires_at: new Date(expiresAt).toISOString() }),
      ...(networks.length > 0 && { allowed_ips: networks }),
    } as components["schemas"]["KeyIn"];
    made((await client.post("/keys", { body })).api_key);
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void making.run();
      }}
    >
      <TextField label="Name" value={name} change={setName} required placeholder="order sync" hint="Who or what uses it." />
      <ScopeChoice mine={me.scopes} chosen={scopes} change={setScopes} />
      <TextField label="Expires" type="datetime-local" value={expiresAt} change={setExpiresAt} hint="Never, if left empty." />
      <TextArea label="Only from these addresses" rows={2} value={addresses} change={setAddresses} placeholder="203.0.113.0/24" hint="One on each line; from everywhere, if left empty." />
      <Fault error={making.error} />
      <Button type="submit" kind="main" disabled={making.isRunning || scopes.length === 0 || name.trim() === ""}>
        Make the key
      </Button>
    </form>
  );
}
