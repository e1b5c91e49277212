import Devices
import Diagnostics

extension Site {
    /// Returns a site whose devices all have the profile `p`, for tests of what a profile or an inventory says.
    /// - Parameters:
    ///   - profile: its lines after its name and its topic.
    ///   - devices: the entries of `devices`, as they stand between its brackets.
    ///   - settings: further lines of the inventory.
    /// - Throws: the mistakes in these lines.
    package static func ofOneProfile(
        _ profile: String, devices: String = "{ id: d, profile: p }", settings: String = ""
    ) throws(DiagnosticList) -> Site {
        try read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ \(devices) ]\n\(settings)"),
            profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n\(profile)\n")])
    }
}
