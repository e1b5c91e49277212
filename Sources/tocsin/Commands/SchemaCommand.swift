import ArgumentParser

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of rule files, profiles or inventories.",
        discussion: """
            An editor uses it to complete and check these files. With most YAML extensions this first line in the file \
            is enough:

              # yaml-language-server: $schema=rule-file.schema.json

            tocsin check also checks what a schema cannot: units, names and dimensions.
            """)

    /// The kinds of files that have a schema.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case rules, profile, inventory
    }

    @Argument(help: "The kind of file: rules, profile or inventory.")
    var kind = Kind.rules

    func run() throws {
        switch kind {
        case .rules: Terminal.write(RuleFileSchema.text)
        case .profile: Terminal.write(ProfileSchema.text)
        case .inventory: Terminal.write(InventorySchema.text)
        }
    }
}
