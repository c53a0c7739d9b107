import { useEffect, useErrorBoundary, useMemo, useState } from "preact/hooks";
import { SessionContext } from "./data";
import { href, type Place, usePlace } from "./router";
import { type Found, screenAt, type Screen, screensFor } from "./screens";
import { exchange, resume, type Session, signIn, signOut } from "./session";
import { SignIn } from "./screens/sign_in";
import { Icon } from "./ui/icons";
import { setTheme, themeNow } from "./theme";
import { Button, Fault, Heading, LinkButton, Skeleton } from "./ui/parts";

const ICON = "console/files/icon.svg"; // beside the page, wherever that is

/** Signs somebody in, and then shows the screen that the address names. */
export function App() {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [fault, setFault] = useState<unknown>(undefined);
  const place = usePlace();
  const token = place.parts[0] === "session" ? place.parts[1] : undefined;
  useEffect(() => {
    if (token === undefined && session !== undefined) return; // the link's own token has left the address
    const begin = token === undefined ? resume() : exchange(token).then(signIn);
    begin.then(setSession).catch((error: unknown) => {
      setFault(error);
      setSession(null);
    });
  }, [token]);
  if (session === undefined) {
    return (
      <div class="alone">
        <Skeleton lines={3} />
      </div>
    );
  }
  if (session === null) {
    const enter = async (key: string) => {
      const entered = await signIn(key);
      setFault(undefined);
      setSession(entered);
    };
    return <SignIn enter={enter} fault={fault} />;
  }
  const leave = () => {
    signOut();
    setSession(null);
  };
  return (
    <SessionContext.Provider value={session}>
      <Frame session={session} leave={leave} />
    </SessionContext.Provider>
  );
}

function Frame({ session, leave }: { session: Session; leave: () => void }) {
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
        <main>{found === null ? <NotHere /> : <Shown key={address} place={place} {...found} />}</main>
      </div>
    </>
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
        <strong>{me.tenant ?? "Operator"}</strong>
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

function NotHere() {
  return (
    <>
      <Heading title="There is nothing at this address" says="The link may be old, or your key may not see what it leads to." />
      <div>
        <LinkButton to="#/">Go to the first screen</LinkButton>
      </div>
    </>
  );
}

