import ArgumentParser
import Store

struct AuditHeadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print the number and the hash of the newest record.",
        discussion: """
            Keep the output on another machine, and give it to tocsin audit verify --expect later.

              tocsin audit head
            """)

    @OptionGroup var options: StoreOptions

    func run() throws {
        let head = try options.open().reader.auditHead()
        Terminal.line("\(head.number):\(head.hash)")
    }
}
