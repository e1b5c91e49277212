internal import AlarmModel
internal import Devices
package import Logging
package import Store

extension Store {
    /// Stores the facts about the site that operators' commands need. Logs an error if that fails.
    package func note(_ model: SiteModel, _ configuration: Configuration, _ logger: Logger) {
        do {
            try note(SiteNote(name: model.site.name, timeZone: model.site.timeZone, ladder: configuration.ladder.names))
        } catch {
            logger.error("the site's time zone cannot be noted for commands: \(error)")
        }
    }
}
