internal import Devices
internal import Logging
internal import Store

extension Store {
    /// Keeps what commands beside the gateway have to know of its site; says it where that cannot be.
    func note(_ model: Model, _ configuration: Configuration, _ logger: Logger) {
        do {
            try note(SiteNote(name: model.site.name, timeZone: model.site.timeZone, ladder: configuration.ladder))
        } catch {
            logger.error("the site's time zone cannot be noted for commands: \(error)")
        }
    }
}
