import { render } from "preact";
import { Reference } from "./docs/reference";
import { applyTheme } from "./theme";

applyTheme();
const root = document.getElementById("app");
if (root !== null) render(<Reference />, root);
