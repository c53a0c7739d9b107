import type { ComponentType } from "preact";
import type { Place } from "../router";
import type { Session } from "../session";
import { DeliveriesScreen } from "./deliveries";
import { DeliveryScreen } from "./delivery";
import { DeploymentScreen } from "./deployment";
import { DestinationScreen } from "./destination";
import { DestinationFormScreen } from "./destination_form";
import { DestinationsScreen } from "./destinations";
import { EventScreen } from "./event";
import { EventsScreen } from "./events";
import { ExecutionScreen } from "./execution";
import { ExecutionsScreen } from "./executions";
import { KeysScreen } from "./keys";
import { OverviewScreen } from "./overview";
import { SourceScreen } from "./source";
import { SourceFormScreen } from "./source_form";
import { SourcesScreen } from "./sources";
import { TenantScreen } from "./tenant";
import { TenantsScreen } from "./tenants";
import { UsageScreen } from "./usage";

/** One screen: where it is, what its key must be allowed, and what it shows. */
export interface Screen {
  /** A part in braces is given to the screen: `["events", "{eventId}"]`. */
  path: readonly string[];
  section: string;
  /** In the bar of screens; null for what is reached from another screen. */
  name: string | null;
  /** One of these scopes; none is needed if there are none. */
  scopes: readonly string[];
  show: ComponentType<any>; // each declares what it is given
}

/** All screens, in the order of the bar. The first that a key may see is its first page. */
const SCREENS: readonly Screen[] = [
  { path: ["overview"], section: "overview", name: "Overview", scopes: ["inbox", "events:read", "notifications:manage"], show: OverviewScreen },
  { path: ["events"], section: "events", name: "Events", scopes: ["events:read"], show: EventsScreen },
  { path: ["events", "{eventId}"], section: "events", name: null, scopes: ["events:read"], show: EventScreen },
  { path: ["executions"], section: "executions", name: "Executions", scopes: ["events:read"], show: ExecutionsScreen },
  { path: ["executions", "{executionId}"], section: "executions", name: null, scopes: ["events:read"], show: ExecutionScreen },
  { path: ["sources"], section: "sources", name: "Sources", scopes: ["sources:manage"], show: SourcesScreen },
  { path: ["sources", "new"], section: "sources", name: null, scopes: ["sources:manage"], show: SourceFormScreen },
  { path: ["sources", "{sourceId}", "edit"], section: "sources", name: null, scopes: ["sources:manage"], show: SourceFormScreen },
  { path: ["sources", "{sourceId}"], section: "sources", name: null, scopes: ["sources:manage"], show: SourceScreen },
  { path: ["destinations"], section: "destinations", name: "Destinations", scopes: ["notifications:manage"], show: DestinationsScreen },
  { path: ["destinations", "new"], section: "destinations", name: null, scopes: ["notifications:manage"], show: DestinationFormScreen },
  { path: ["destinations", "{configId}", "edit"], section: "destinations", name: null, scopes: ["notifications:manage"], show: DestinationFormScreen },
  { path: ["destinations", "{configId}"], section: "destinations", name: null, scopes: ["notifications:manage"], show: DestinationScreen },
  { path: ["deliveries"], section: "deliveries", name: "Deliveries", scopes: ["notifications:manage"], show: DeliveriesScreen },
  { path: ["deliveries", "{deliveryId}"], section: "deliveries", name: null, scopes: ["notifications:manage"], show: DeliveryScreen },
  { path: ["keys"], section: "keys", name: "Keys", scopes: ["keys:manage"], show: KeysScreen },
  { path: ["usage"], section: "usage", name: "Usage", scopes: ["events:read"], show: UsageScreen },
  { path: ["deployment"], section: "deployment", name: "Deployment", scopes: ["metrics:read"], show: DeploymentScreen },
  { path: ["tenants"], section: "tenants", name: "Tenants", scopes: ["operator"], show: TenantsScreen },
  { path: ["tenants", "{tenant}"], section: "tenants", name: null, scopes: ["operator"], show: TenantScreen },
];

export function screensFor(session: Session): readonly Screen[] {
  return SCREENS.filter((screen) => screen.scopes.length === 0 || screen.scopes.some(session.can));
}

/** What a key must be allowed, one of them, to see anything; `admin` stands for most of them. */
export function scopesOfScreens(): readonly string[] {
  return [...new Set([...SCREENS.flatMap((screen) => screen.scopes), "admin"])];
}

export interface Found {
  screen: Screen;
  given: Readonly<Record<string, string>>;
}

export function screenAt(place: Place, screens: readonly Screen[]): Found | null {
  const [first] = screens;
  if (place.parts.length === 0) return first === undefined ? null : { screen: first, given: {} };
  for (const screen of screens) {
    const given = matched(screen.path, place.parts);
    if (given !== null) return { screen, given };
  }
  return null;
}

function matched(path: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (path.length !== parts.length) return null;
  const given: Record<string, string> = {};
  for (const [index, part] of path.entries()) {
    const value = parts[index] ?? "";
    if (part.startsWith("{")) given[part.slice(1, -1)] = value;
    else if (part !== value) return null;
  }
  return given;
}
