import { useEffect, useErrorBoundary, useMemo, useState } from "preact/hooks";
import { SessionContext } from "./data";
import { type Entrance, type Trouble, useEntrance } from "./entrance";
import { href, type Place, usePlace } from "./router";
import { type Found, screenAt, type Screen, screensFor } from "./screens";
import type { Session } from "./session";
import { NotHere } from "./screens/not_here";
import { SignIn, SignInAgain } from "./screens/sign_in";
import { Icon } from "./ui/icons";
import { setTheme, themeNow } from "./theme";
import { Button, Fault, Heading, Skeleton } from "./ui/parts";

const ICON = "console/files/icon.svg"; // beside the page, wherever that is

/** Signs somebody in, and then shows the screen that the address names. */
export function App() {
  const { session, isOver, ...entrance } = useEntrance();
  if (session === undefined) {
    return (
      <div class="alone">
        <Skeleton lines={3} />
      </div>
    );
  }
  if (session === null) return <SignIn {...entrance} />;
  return (
    <SessionContext.Provider value={session}>
      <Frame key={session.me.tenant ?? ""} session={session} {...entrance} />
      {isOver && <SignInAgain {...entrance} />}
    </SessionContext.Provider>
  );
}

type FrameProps = Pick<Entrance, "trouble" | "leave" | "dismiss"> & { session: Session };

function Frame({ session, leave, trouble, dismiss }: FrameProps) {
  const place = usePlace();
  const screens = useMemo(() => screensFor(session), [session]);
  const found = screenAt(place, screens);
  const address = place.parts.join("/");
  useEffect(() => {
    scrollTo(0, 0);
    document.getElementById("title")?.focus({ preventScroll: true });
  }, [address]);
  return (
    <>
      <a class="skip" href="#title" onClick={(event) => focusTitle(event)}>
        Skip to the screen
      </a>
      <div class="frame">
        <Bar session={session} screens={screens} current={found?.screen} address={address} leave={leave} />
        <main>
          {trouble !== null && <LinkFailed trouble={trouble} as={whoIs(session)} dismiss={dismiss} />}
          {found === null ? <NotHere screens={screens} leave={leave} /> : <Shown key={address} place={place} {...found} />}
        </main>
      </div>
    </>
  );
}

function whoIs({ me }: Session): string {
  return me.tenant ?? "Operator";
}

/** A link that was opened where somebody is signed in, and did not sign them in anew. */
function LinkFailed({ trouble, as, dismiss }: { trouble: Trouble; as: string; dismiss: () => void }) {
  return (
    <div class="stack">
      <Fault error={trouble.error} retry={trouble.again} />
      <div class="row">
        <span>The link did not sign you in. You still are, as {as}.</span>
        <Button size="small" onClick={dismiss}>
          Dismiss
        </Button>
      </div>
    </div>
  );
}

/** A screen; one that breaks says so, and the bar still leads on. */
function Shown({ place, screen, given }: { place: Place } & Found) {
  const [error, reset] = useErrorBoundary();
  if (error === undefined) return <screen.show place={place} {...given} />;
  return (
    <>
      <Heading title="This screen broke" says="Nothing was changed by that. What it said may help whoever mends it." />
      <Fault error={error} retry={reset} />
    </>
  );
}

function focusTitle(event: Event) {
  event.preventDefault();
  document.getElementById("title")?.focus();
}

function Bar(props: { session: Session; screens: readonly Screen[]; current: Screen | undefined; address: string; leave: () => void }) {
  const [isOpen, setIsOpen] = useState(false);
  const [theme, setShown] = useState(themeNow);
  useEffect(() => setIsOpen(false), [props.address]);
  const { me } = props.session;
  const listed = props.screens.filter((screen) => screen.name !== null);
  const other = theme === "dark" ? "light" : "dark";
  return (
    <nav class="bar" data-open={isOpen} aria-label="Screens">
      <a class="brand" href="#/">
        <img src={ICON} alt="" /> Triggers
      </a>
      <span class="menu">
        <Button aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          Menu
        </Button>
      </span>
      <ul class="screens">
        {listed.map((screen) => (
          <li key={screen.path.join("/")}>
            <a href={href(screen.path)} aria-current={screen.section === props.current?.section ? "page" : undefined}>
              <Icon name={screen.section} />
              {screen.name}
            </a>
          </li>
        ))}
      </ul>
      <div class="who">
        <strong>{whoIs(props.session)}</strong>
        <span>
          <small>signed in with “{me.key_name}”</small>
        </span>
        <div class="who-tools">
          <Button
            size="small"
            kind="quiet"
            onClick={() => {
              setTheme(other);
              setShown(other);
            }}
          >
            {theme === "dark" ? "Light" : "Dark"} mode
          </Button>
          <Button size="small" kind="quiet" onClick={props.leave}>
            Sign out
          </Button>
        </div>
      </div>
    </nav>
  );
}
