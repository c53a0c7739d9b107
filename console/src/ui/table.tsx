import type { ComponentChildren } from "preact";
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
                  {column.show(item)}
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
      {(pages.forward !== null || pages.back !== null) && (
        <nav class="pager" aria-label={`Pages of ${props.label}`}>
          <span>Page {pages.pageNumber}</span>
          <Button size="small" disabled={pages.back === null} onClick={() => pages.back?.()}>
            Previous
          </Button>
          <Button size="small" disabled={pages.forward === null} onClick={() => pages.forward?.()}>
            Next
          </Button>
        </nav>
      )}
    </div>
  );
}
