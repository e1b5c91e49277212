import TestSupport
import Testing

/// `tocsin schema`, held against the published files.
@Suite struct SchemaCommandTests {
    @Test(
        "a published schema is the one that the readers' keys make",
        arguments: [(kind: "rules", file: "rule-file"), ("profile", "profile"), ("inventory", "inventory")])
    func published(kind: String, file: String) throws {
        let printed = try TocsinBinary.run(["schema", kind])
        #expect(printed.code == 0)
        #expect(
            try printed.output == RepositoryRoot.file("docs/\(file).schema.json").text,
            "print it again: tocsin schema \(kind) > docs/\(file).schema.json")
    }

    @Test("a kind of file without a schema is refused with the kinds that have one")
    func unknownKind() throws {
        let result = try TocsinBinary.run(["schema", "policies"])
        #expect(result.code != 0)
        for kind in ["rules", "profile", "inventory"] { #expect(result.errors.contains(kind), "\(result.errors)") }
    }
}
