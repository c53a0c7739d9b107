import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Paged } from "../data";
import { Button, Fault, Skeleton } from "./parts";

export interface Column<Item> {
  name: string;
  show: (item: Item) => ComponentChildren;
  isNumber?: boolean;
  isWide?: boolean;
}

/** A table; on small screens its rows are cards. */
export function Table<Item>(props: { label: string; columns: readonly Column<Item>[]; items: readonly Item[]; keyOf: (item: Item) => string }) {
  return (
    <div class="table-frame" role="group" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.name} scope="col" class={column.isNumber ? "number" : undefined}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.items.map((item) => (
            <tr key={props.keyOf(item)}>
              {props.columns.map((column) => (
                <td key={column.name} data-label={column.name} class={[column.isNumber && "number", column.isWide && "wide"].filter(Boolean).join(" ")}>
                  <div class="cell">{column.show(item)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A list of the API's: its page, how to go on, or what to do if there is nothing. */
export function PagedTable<Item>(props: {
  label: string;
  pages: Paged<Item>;
  columns: readonly Column<Item>[];
  keyOf: (item: Item) => string;
  empty: ComponentChildren;
}) {
  const { pages } = props;
  if (pages.error !== undefined && pages.data === undefined) return <Fault error={pages.error} retry={pages.reload} />;
  if (pages.data === undefined) {
    return (
      <div class="card">
        <Skeleton lines={8} />
      </div>
    );
  }
  const isEmpty = pages.data.length === 0;
  return (
    <div class="stack">
      {pages.error !== undefined && <Fault error={pages.error} retry={pages.reload} />}
      {isEmpty ? <div class="card">{props.empty}</div> : <Table label={props.label} columns={props.columns} items={pages.data} keyOf={props.keyOf} />}
      <Pager label={props.label} page={pages.pageNumber} forward={pages.forward} back={pages.back} />
    </div>
  );
}

function Pager(props: { label: string; page: number; of?: number; forward: (() => void) | null; back: (() => void) | null }) {
  if (props.forward === null && props.back === null) return null;
  return (
    <nav class="pager" aria-label={`Pages of ${props.label}`}>
      <span>
        Page {props.page.toLocaleString()}
        {props.of !== undefined && ` of ${props.of.toLocaleString()}`}
      </span>
      <Button size="small" disabled={props.back === null} onClick={() => props.back?.()}>
        Previous
      </Button>
      <Button size="small" disabled={props.forward === null} onClick={() => props.forward?.()}>
        Next
      </Button>
    </nav>
  );
}

const ROWS = 50;

/** A list that came in one answer, of any length: only some rows of it are on the screen. */
export function LongTable<Item>(props: { label: string; columns: readonly Column<Item>[]; items: readonly Item[]; keyOf: (item: Item) => string }) {
  const [wanted, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(props.items.length / ROWS));
  const page = Math.min(wanted, pages - 1); // the list may have become shorter
  return (
    <div class="stack">
      <Table {...props} items={props.items.slice(page * ROWS, (page + 1) * ROWS)} />
      <Pager label={props.label} page={page + 1} of={pages} forward={page + 1 < pages ? () => setPage(page + 1) : null} back={page > 0 ? () => setPage(page - 1) : null} />
    </div>
  );
}
