import { useEffect, useRef, useState } from "preact/hooks";
import { useAction } from "../data";
import { apiUrl } from "../session";
import { TextField } from "../ui/fields";
import { Button, Card, Fault } from "../ui/parts";

export function SignIn(props: { enter: (key: string) => Promise<void>; fault: unknown }) {
  const [key, setKey] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []); // there is nothing else to do here
  const entering = useAction(props.enter);
  return (
    <main class="alone">
      <Card>
        <form
          ref={form}
          onSubmit={(event) => {
            event.preventDefault();
            void entering.run(key);
          }}
        >
          <div class="stack">
            <h1>Sign in to Triggers</h1>
            <p>
              The key stays in this tab and goes only to <code>{apiUrl()}</code>.
            </p>
          </div>
          <TextField label="API key" type="password" value={key} change={setKey} required placeholder="trg_…" hint="Whoever runs the service makes the first one; later ones are made under Keys." />
          <Fault error={entering.error ?? props.fault} />
          <Button type="submit" kind="main" disabled={entering.isRunning || key.trim() === ""}>
            Sign in
          </Button>
        </form>
      </Card>
    </main>
  );
}
