// What the compiler does not see: mistakes, and text from events that could become markup.
import tseslint from "typescript-eslint";

export default tseslint.config(...tseslint.configs.recommended, {
  rules: {
    "@typescript-eslint/no-explicit-any": "error",
    "@typescript-eslint/no-unused-expressions": "off",
    eqeqeq: ["error", "always", { null: "ignore" }],
    "no-eval": "error",
    "no-implied-eval": "error",
    "no-restricted-properties": [
      "error",
      ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property, message: "text of events is hostile" })),
      { object: "document", property: "write", message: "text of events is hostile" },
    ],
    "no-restricted-syntax": ["error", { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "text of events is hostile" }],
  },
});
