import Devices
import Diagnostics
import Foundation
internal import SiteConfiguration

/// What a discovery knows beside the broker: the profiles to try, and the devices that the inventory has already.
struct DiscoverySurroundings {
    let profiles: [Profile]
    /// The devices of the configuration's inventory, if its broker is listened to.
    let devices: [Device]
    /// The name of the configuration's site.
    let site: String?

    /// Where shipped profiles are, if neither the command line nor a configuration names any.
    private static let folders = ["Devices/profiles", "/usr/share/tocsin/Devices/profiles"]

    /// - Throws: the exit code, after printing what is wrong.
    init(_ broker: BrokerOptions, _ options: ProfileOptions) throws {
        let hasConfiguration = options.config.isThere
        if options.profiles != nil || hasConfiguration {
            profiles = try options.read()
        } else if let folder = Self.folders.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            Terminal.complain("using the profiles of \(folder)")
            profiles = try options.read(from: folder)
        } else {
            Terminal.complain("there are no profiles to try: name their folder with --profiles")
            profiles = []
        }
        let parsed = hasConfiguration && !broker.isNamed ? Self.inventory(options.config) : nil
        devices = parsed?.devices.filter { !$0.isGateway } ?? []
        site = parsed?.name
    }

    /// The inventory of the configuration; `nil` if it cannot be read. Devices with mistakes are not in it.
    private static func inventory(_ config: ConfigOption) -> Site? {
        do {
            let file = try SourceFolder.file(
                URL(fileURLWithPath: try config.path(isPrinted: true)).standardizedFileURL.path)
            guard let files = try Configuration.parse(file).files else { return nil }
            return try Site.parse(
                inventory: try SourceFolder.file(files.inventory),
                profiles: try SourceFolder.files(files.profiles, what: "device profiles")
            ).site
        } catch {
            Terminal.complain("the inventory cannot be read, so its devices are not recognised (see tocsin check)")
            return nil
        }
    }
}

extension ConfigOption {
    /// True if there is a configuration: one that is named, or one in a usual place.
    var isThere: Bool {
        let named = ProcessInfo.processInfo.environment["TOCSIN_CONFIG"] ?? ""
        return config != nil || !named.isEmpty || Self.places.contains { FileManager.default.fileExists(atPath: $0) }
    }
}

extension ProfileOptions {
    /// Reads the profiles of a folder, by their names.
    /// - Throws: the exit code, after printing what is wrong.
    fileprivate func read(from folder: String) throws -> [Profile] {
        var options = self
        options.profiles = folder
        return try options.read()
    }
}
