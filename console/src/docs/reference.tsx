import { useEffect, useRef, useState } from "preact/hooks";
import { apiUrl, consoleUrl } from "../session";
import { Markdown } from "../ui/markdown";
import { Badge, Button, Code, Fault, Skeleton } from "../ui/parts";
import { boundsOf, type Document, type Listed, type Media, type Operation, operationsOf, type Response, resolved, type Schema, typeOf } from "./openapi";

/** The API's own description, as a page: everything on it comes from `openapi.json`. */
export function Reference() {
  const [document, setDocument] = useState<Document | null>(null);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    fetch(`${apiUrl()}/openapi.json`, { credentials: "omit" })
      .then((answer) => answer.json() as Promise<Document>)
      .then(setDocument)
      .catch(setError);
  }, []);
  useEffect(() => {
    if (document !== null && location.hash !== "") globalThis.document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [document]);
  if (document === null) {
    return (
      <main>
        <Fault error={error} />
        {error === undefined && <Skeleton lines={12} />}
      </main>
    );
  }
  const listed = operationsOf(document.paths);
  const pushed = operationsOf(document.webhooks ?? {});
  const tags = (document.tags ?? []).map((tag) => ({ ...tag, operations: listed.filter(({ operation }) => operation.tags?.[0] === tag.name) }));
  return (
    <div class="frame">
      <Contents title={document.info.title} sections={[...tags, { name: "pushed to you", operations: pushed }]} />
      <main>
        <div class="stack prose">
          <h1>{document.info.title}</h1>
          <Markdown text={document.info.description} />
          <p>
            Its address is <code>{apiUrl()}</code>; the same as a file is <a href={`${apiUrl()}/openapi.json`}>openapi.json</a>. The <a href={consoleUrl()}>console</a> shows your own data.
          </p>
        </div>
        {tags.map((tag) => (
          <section class="stack" key={tag.name} aria-label={tag.name}>
            <h2 class="tag">{tag.name}</h2>
            <p>{tag.description}</p>
            {tag.operations.map((each) => (
              <Described key={each.operation.operationId} document={document} {...each} />
            ))}
          </section>
        ))}
        <section class="stack" aria-label="pushed to you">
          <h2 class="tag">pushed to you</h2>
          {pushed.map((each) => (
            <Described key={each.operation.operationId} document={document} {...each} />
          ))}
        </section>
      </main>
    </div>
  );
}

/** All operations to jump to: those whose words, method or path hold what is typed. */
function Contents({ title, sections }: { title: string; sections: readonly { name: string; operations: readonly Listed[] }[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const [wanted, setWanted] = useState("");
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const jump = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      setIsOpen(true);
      search.current?.focus();
    };
    addEventListener("keydown", jump);
    return () => removeEventListener("keydown", jump);
  }, []);
  const found = sections.map(({ name, operations }) => ({ name, operations: operations.filter((each) => isAbout(each, name, wanted)) })).filter(({ operations }) => operations.length > 0);
  return (
    <nav class="bar" data-open={isOpen} aria-label="Operations">
      <a class="brand" href={consoleUrl()}>
        <img src="console/files/icon.svg" alt="" /> {title}
      </a>
      <span class="menu">
        <Button aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          Menu
        </Button>
      </span>
      <div class="screens">
        <input
          ref={search}
          class="input"
          type="search"
          aria-label="Jump to an operation"
          placeholder="Jump to …  ( / )"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
          onKeyDown={(event) => {
            const [first] = found[0]?.operations ?? [];
            if (event.key !== "Enter" || first === undefined) return;
            location.hash = first.operation.operationId;
            setIsOpen(false);
          }}
        />
        <div onClick={(event) => setIsOpen(!(event.target instanceof HTMLAnchorElement) && isOpen)}>
          {found.map(({ name, operations }) => (
            <Section key={name} name={name} operations={operations} />
          ))}
          {found.length === 0 && <p class="screens-heading">Nothing is called that.</p>}
        </div>
      </div>
    </nav>
  );
}

function isAbout({ method, path, operation }: Listed, section: string, wanted: string): boolean {
  const words = `${section} ${method} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}

function Section({ name, operations }: { name: string; operations: readonly Listed[] }) {
  return (
    <>
      <span class="screens-heading">{name}</span>
      <ul>
        {operations.map(({ operation }) => (
          <li key={operation.operationId}>
            <a href={`#${operation.operationId}`}>{operation.summary}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Described({ document, method, path, operation }: Listed & { document: Document }) {
  const body = Object.entries(operation.requestBody?.content ?? {});
  const answers = Object.entries(operation.responses);
  return (
    <article class="card stack operation" id={operation.operationId}>
      <header class="row">
        <h3>{operation.summary}</h3>
        <code class="path">
          <strong>{method}</strong> {path}
        </code>
        {scopesOf(operation).map((scope) => (
          <Badge key={scope} tone="accent">
            {scope}
          </Badge>
        ))}
      </header>
      <div class="stack prose">
        <Markdown text={operation.description} />
      </div>
      {operation.parameters !== undefined && operation.parameters.length > 0 && (
        <Members title="Parameters" of={operation.parameters.map((each) => ({ ...each, type: typeOf(document, each.schema), bounds: boundsOf(resolved(document, each.schema)) }))} />
      )}
      {body.map(([type, media]) => (
        <MediaShown key={type} document={document} title={`Body: ${type}`} media={media} />
      ))}
      {answers.map(([status, answer]) => (
        <Answer key={status} document={document} status={status} answer={answer} />
      ))}
    </article>
  );
}

/** What it holds is made when it is opened: there are hundreds of answers. */
function Answer({ document, status, answer }: { document: Document; status: string; answer: Response }) {
  const [isOpen, setIsOpen] = useState(false);
  const media = answer.content?.["application/json"];
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <Badge tone={status < "300" ? "good" : status < "400" ? "accent" : "bad"}>{status}</Badge> <span>{answer.description}</span>
      </summary>
      {isOpen && media !== undefined && <MediaShown document={document} title={`Answer ${status}`} media={media} />}
    </details>
  );
}

function scopesOf(operation: Operation): string[] {
  return [...new Set((operation.security ?? []).flatMap((each) => Object.values(each).flat()))];
}

function MediaShown({ document, title, media }: { document: Document; title: string; media: Media }) {
  const schema = resolved(document, media.schema);
  const members = schema.items === undefined ? schema : resolved(document, schema.items);
  const examples = examplesOf(media, schema);
  return (
    <div class="card stack">
      <strong>{title}</strong>
      {members.properties !== undefined && <Members title={typeOf(document, media.schema)} of={membersOf(document, members)} />}
      {examples.map(([name, value]) => (
          <Code key={name} label={name} text={typeof value === "string" ? value : JSON.stringify(value, null, 2)} />
      ))}
    </div>
  );
}

function membersOf(document: Document, schema: Schema): Member[] {
  return Object.entries(schema.properties ?? {}).map(([name, each]) => {
    const found = resolved(document, each);
    const description = ("description" in each ? each.description : undefined) ?? found.description;
    return { name, description, type: typeOf(document, each), bounds: boundsOf(found), required: schema.required?.includes(name) === true };
  });
}

function examplesOf(media: Media, schema: Schema): (readonly [string, unknown])[] {
  if (media.example !== undefined) return [["Example", media.example]];
  const named = Object.entries(media.examples ?? {}).flatMap(([name, each]) => ("value" in each ? [[each.summary ?? name, each.value] as const] : []));
  if (named.length > 0) return named;
  const own = schema.examples?.[0] ?? schema.example;
  return own === undefined ? [] : [["Example", own]];
}

interface Member {
  name: string;
  type: string;
  bounds: string;
  description?: string | undefined;
  required?: boolean;
}

function Members({ title, of }: { title: string; of: readonly Member[] }) {
  return (
    <div class="members">
      <strong class="members-title">{title}</strong>
      <dl class="pairs">
        {of.map((member) => [
          <dt key={`${member.name} name`}>
            <code>{member.name}</code>
            {member.required && <span> required</span>}
          </dt>,
          <dd key={member.name}>
            <small>
              {member.type}
              {member.bounds !== "" && ` · ${member.bounds}`}
            </small>
            <Markdown text={member.description} />
          </dd>,
        ])}
      </dl>
    </div>
  );
}
