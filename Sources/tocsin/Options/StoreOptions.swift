internal import AlarmModel
import ArgumentParser
import Gateway
internal import SiteConfiguration
import Store
import Telemetry

/// The store that a command reads: the one of a configuration, or a file.
struct StoreOptions: ParsableArguments {
    @OptionGroup var config: ConfigOption

    @Option(
        help: ArgumentHelp("Read this store, instead of the store of a configuration.", valueName: "file"),
        completion: .file())
    var store: String?

    func validate() throws {
        if config.config != nil, store != nil { throw ValidationError("Use either --config or --store.") }
    }

    /// Returns the store's path, the path of its gateway's control socket, and the ladder if a configuration has one.
    func settings() throws -> (path: String, control: String, ladder: Ladder?) {
        if let store {
            let path = Store.realPath(of: store)
            return (path, path + ".control", nil)
        }
        let place = try config.place()
        return (place.store, place.control, place.ladder)
    }

    /// Opens the store.
    /// - Throws: the exit code, after printing what is wrong.
    func open() throws -> OpenStore {
        let (path, control, ladder) = try settings()
        do {
            let reader = try StoreReader(path: path)
            // A damaged store may have no readable note of its site, and must still open. Times are then in UTC.
            let site = (try? reader.site()) ?? nil
            return OpenStore(
                reader: reader, gateway: GatewayClient(path: control),
                ladder: ladder ?? site.map { Ladder($0.ladder) } ?? .standard,
                zone: site.map { ZoneTable(timeZone: $0.timeZone) } ?? ZoneTable())
        } catch {
            throw Failure.report(error, about: path)
        }
    }
}

/// An open store, with what a command needs to show its content.
struct OpenStore {
    let reader: StoreReader
    /// The gateway that writes the store.
    let gateway: GatewayClient
    let ladder: Ladder
    /// The site's time zone.
    let zone: ZoneTable
}
