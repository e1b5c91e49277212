import ArgumentParser
import Gateway
import Store

/// How the commands that look into a store name it.
struct StoreOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("The configuration file, which names the store.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The store itself, instead of a configuration.", valueName: "file"))
    var store: String?

    func validate() throws {
        if (config == nil) == (store == nil) { throw ValidationError("Name either --config or --store.") }
    }

    /// The store's path, where its gateway answers, and the ladder.
    func settings() throws -> (path: String, control: String, ladder: [String]) {
        guard let config else {
            let path = Store.realPath(of: store ?? "")
            return (path, path + ".control", Configuration.standardLadder)
        }
        let configuration = try Failure.readConfiguration(config)
        return (configuration.store.path, configuration.controlSocket, configuration.ladder)
    }

    /// Opens the store, or says what is wrong and ends the command.
    func open() throws -> (reader: StoreReader, ladder: [String]) {
        let (path, _, ladder) = try settings()
        do {
            return (try StoreReader(path: path), ladder)
        } catch {
            throw Failure.report(error)
        }
    }
}
