import ArgumentParser

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Check and repair the store.",
        subcommands: [StoreCheckCommand.self, StoreRepairCommand.self])
}
