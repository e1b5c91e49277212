internal import AlarmModel
internal import Devices
package import Logging
package import Store

extension Store {
    /// Keeps what commands beside the gateway have to know of its site; says it where that cannot be.
    package func note(_ model: SiteModel, _ configuration: Configuration, _ logger: Logger) {
        do {
            try note(SiteNote(name: model.site.name, timeZone: model.site.timeZone, ladder: configuration.ladder.names))
        } catch {
            logger.error("the site's time zone cannot be noted for commands: \(error)")
        }
    }
}
