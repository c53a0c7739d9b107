import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { useAction } from "../data";
import type { Trouble } from "../entrance";
import { apiUrl } from "../session";
import { TextField } from "../ui/fields";
import { Button, Card, Fault, returnFocus } from "../ui/parts";

interface Way {
  enter: (key: string) => Promise<void>;
  trouble: Trouble | null;
}

export function SignIn(props: Way) {
  return (
    <main class="alone">
      <SignInCard {...props} title="Sign in to Triggers" />
    </main>
  );
}

/** Over a page whose key is dead. What is under it stays, for whoever signs in again. */
export function SignInAgain(props: Way & { leave: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const from = document.activeElement;
    dialog.current?.showModal();
    return () => returnFocus(from);
  }, []);
  return (
    <dialog ref={dialog} class="cover" aria-labelledby="sign-in" onCancel={(event) => event.preventDefault()} onClose={() => dialog.current?.showModal()}>
      <div class="alone">
        <SignInCard {...props} title="Sign in again">
          <p>The key that you were signed in with works no longer. Sign in, or open a new link here, and everything is as you left it.</p>
        </SignInCard>
      </div>
    </dialog>
  );
}

function SignInCard({ enter, trouble, leave, title, children }: Way & { leave?: () => void; title: string; children?: ComponentChildren }) {
  const [key, setKey] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []); // there is nothing else to do here
  const entering = useAction(enter);
  return (
    <Card>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void entering.run(key);
        }}
      >
        <div class="stack">
          <h1 id="sign-in">{title}</h1>
          {children}
          <p>
            The key stays in this tab and goes only to <code>{apiUrl()}</code>.
          </p>
        </div>
        <TextField label="API key" type="password" value={key} change={setKey} required placeholder="trg_…" hint="Whoever runs the service makes the first one; later ones are made under Keys." />
        {entering.error === undefined ? <Fault error={trouble?.error} retry={trouble?.again} /> : <Fault error={entering.error} />}
        <Button type="submit" kind="main" disabled={entering.isRunning || key.trim() === ""}>
          Sign in
        </Button>
        {leave !== undefined && (
          <Button kind="quiet" onClick={leave}>
            Sign out
          </Button>
        )}
      </form>
    </Card>
  );
}
