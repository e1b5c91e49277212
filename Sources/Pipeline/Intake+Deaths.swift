internal import Devices
internal import RuleEngine
internal import SiteConfiguration
internal import Telemetry

/// Devices that say, or whose brokers say, that they are gone.
extension Intake {
    /// Makes the sensors of the devices silent that the current message says are gone.
    mutating func noteDeaths(at now: Instant) {
        for device in deaths { noteDeath(of: device, at: now) }
        deaths.removeAll(keepingCapacity: true)
        if !changes.isEmpty { recordChanges(at: now) }
    }

    /// Makes the sensors silent whose devices had gone before a start or a reload.
    mutating func restoreDeaths(at now: Instant) {
        for device in model.site.devices.indices where decoder.isGone(device) { noteDeath(of: device, at: now) }
    }

    private mutating func noteDeath(of index: Int, at now: Instant) {
        let device = model.site.devices[index]
        for field in device.fields where field.source.isInPayload && field.quantity != Profile.online {
            let series = model.series.id(device: device.id, quantity: field.quantity.name)
            engine.noteDeath(of: series, at: now, into: &changes)
        }
    }
}
