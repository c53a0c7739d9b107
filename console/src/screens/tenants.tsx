import { useState } from "preact/hooks";
import { useAction, usePages, useSession } from "../data";
import { go, href, type Place } from "../router";
import { TextField } from "../ui/fields";
import { useFilters } from "../ui/filters";
import { Button, Dialog, Empty, Fault, ForPrograms, Heading, Status, Time } from "../ui/parts";
import { PagedTable } from "../ui/table";

export function TenantsScreen({ place }: { place: Place }) {
  const filters = useFilters(place, ["prefix"]);
  const { prefix } = filters.values;
  const pages = usePages("/tenants", { query: { prefix: prefix || undefined, limit: 50 } });
  const [isMaking, setIsMaking] = useState(false);
  return (
    <>
      <Heading title="Tenants" says="The accounts of this deployment.">
        <ForPrograms path={`/tenants${prefix === "" ? "" : `?prefix=${encodeURIComponent(prefix)}`}`} value={pages.data} />
        <Button kind="main" onClick={() => setIsMaking(true)}>
          New tenant
        </Button>
      </Heading>
      <div class="filters">
        <TextField label="Name begins with" type="search" value={prefix} change={(value) => filters.set("prefix", value)} />
      </div>
      {isMaking && (
        <Dialog title="New tenant" close={() => setIsMaking(false)}>
          <NewTenant />
        </Dialog>
      )}
      <PagedTable
        label="Tenants"
        pages={pages}
        keyOf={(tenant) => tenant.tenant}
        columns={[
          { name: "Tenant", show: (tenant) => <a href={href(["tenants", tenant.tenant])}>{tenant.tenant}</a>, isWide: true },
          { name: "Name", show: (tenant) => tenant.name, isWide: true },
          { name: "State", show: (tenant) => <Status of={tenant.state} /> },
          { name: "Limits of its own", show: (tenant) => tenant.own_limits.map((each) => each.replaceAll("_", " ")).join(", ") || "none", isWide: true },
          { name: "Created", show: (tenant) => <Time at={tenant.created_at} /> },
        ]}
        empty={
          <Empty title={filters.areSet ? "No tenant’s name begins so" : "There is no tenant yet"}>
            <p>A tenant is an account: its keys see its own events and nobody else’s.</p>
          </Empty>
        }
      />
    </>
  );
}

function NewTenant() {
  const { client } = useSession();
  const [tenant, setTenant] = useState("");
  const [name, setName] = useState("");
  const making = useAction(async () => {
    await client.post("/tenants", { body: { tenant, ...(name !== "" && { name }) } });
    go(href(["tenants", tenant]));
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void making.run();
      }}
    >
      <TextField label="Tenant" value={tenant} change={setTenant} required placeholder="acme" hint="a-z, 0-9, - and _; it never changes." />
      <TextField label="Name" value={name} change={setName} placeholder="Acme, Inc." hint="For people." />
      <Fault error={making.error} />
      <Button type="submit" kind="main" disabled={making.isRunning || tenant === ""}>
        Make the tenant
      </Button>
    </form>
  );
}
