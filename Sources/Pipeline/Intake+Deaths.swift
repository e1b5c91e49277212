internal import Devices
internal import QualityControl
internal import RuleEngine
internal import SiteConfiguration
internal import Telemetry

/// Devices that say, or whose brokers say, that they are gone.
extension Intake {
    /// Makes the sensors of the devices silent that the current message says are gone.
    mutating func noteDeaths(at now: Instant) {
        let excused = excused(at: now)
        for device in deaths { noteDeath(of: device, except: excused, at: now) }
        deaths.removeAll(keepingCapacity: true)
        if !changes.isEmpty { recordChanges(at: now) }
    }

    /// Makes the sensors silent that were in maintenance when their devices went, and are not any more.
    mutating func noteExcusedDeaths(at now: Instant) {
        guard !excusedDeaths.isEmpty else { return }
        let (devices, excused) = (excusedDeaths, excused(at: now))
        excusedDeaths.removeAll()
        for device in devices where decoder.isGone(device) { noteDeath(of: device, except: excused, at: now) }
    }

    /// Makes the sensors silent whose devices had gone before a start or a reload.
    mutating func restoreDeaths(at now: Instant) {
        let excused = excused(at: now)
        for device in model.site.devices.indices where decoder.isGone(device) {
            noteDeath(of: device, except: excused, at: now)
        }
    }

    /// Returns the series that are in maintenance now: their devices may well be switched off.
    private func excused(at now: Instant) -> Set<SeriesID> {
        var excused: Set<SeriesID> = []
        quality.forEachInMaintenance(at: now) { excused.insert($0) }
        return excused
    }

    private mutating func noteDeath(of index: Int, except excused: Set<SeriesID>, at now: Instant) {
        let device = model.site.devices[index]
        for field in device.fields where field.source.isInPayload && field.quantity != Profile.online {
            let series = model.series.id(device: device.id, quantity: field.quantity.name)
            if excused.contains(series) {
                excusedDeaths.insert(index)
            } else {
                engine.noteDeath(of: series, at: now, into: &changes)
            }
        }
    }
}
