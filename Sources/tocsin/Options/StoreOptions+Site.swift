import Devices
import Diagnostics
import Foundation
internal import SiteConfiguration

extension StoreOptions {
    /// The devices of the inventory; `nil` without a configuration.
    func site() throws -> Site? {
        guard store == nil else { return nil }
        let file = try SourceFolder.file(
            URL(fileURLWithPath: try config.path(isPrinted: true)).standardizedFileURL.path)
        guard let files = try Configuration.parse(file).files else { return nil }
        do {
            return try SiteModel.read(files, numbering: SiteModel.numberInOrder).site
        } catch let list as DiagnosticList {
            Terminal.complain(
                "the inventory has \(list.diagnostics.count) mistakes (see tocsin check); they are left out"
            )
            return nil
        }
    }
}
