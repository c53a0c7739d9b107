import { Button, Heading, LinkButton } from "../ui/parts";
import { type Screen, scopesOfScreens } from "./index";

/** An address without a screen; whoever may see no screen at all is told what their key lacks. */
export function NotHere({ screens, leave }: { screens: readonly Screen[]; leave: () => void }) {
  if (screens.length === 0) {
    return (
      <>
        <Heading title="Your key may see no screen" says={`It works for the API. For the console it needs one of these scopes: ${scopesOfScreens().join(", ")}.`} />
        <div>
          <Button onClick={leave}>Sign in with another key</Button>
        </div>
      </>
    );
  }
  return (
    <>
      <Heading title="There is nothing at this address" says="The link may be old, or your key may not see what it leads to." />
      <div>
        <LinkButton to="#/">Go to the first screen</LinkButton>
      </div>
    </>
  );
}
