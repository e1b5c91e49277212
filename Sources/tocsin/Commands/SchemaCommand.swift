import ArgumentParser

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of rule files.",
        discussion: """
            An editor uses it to complete and check rule files. With most YAML extensions this first line in the rule \
            file is enough:

              # yaml-language-server: $schema=rule-file.schema.json

            tocsin check also checks what a schema cannot: units, names and dimensions.
            """)

    func run() throws { Terminal.write(RuleFileSchema.text) }
}
