import Devices
import QualityControl
import Telemetry

/// A decoder with quality control behind it, as the pipeline uses the two.
package final class JudgingDecoder {
    package let decoder: PayloadDecoder
    private var quality: QualityStage

    package init(
        site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, bytesMax: Int = 262_144,
        zone: ZoneTable = ZoneTable()
    ) {
        decoder = PayloadDecoder(site: site, series: series, bytesMax: bytesMax, zone: zone)
        quality = QualityStage(site, series: series, zone: zone)
    }

    package var hasComeBefore: Bool { decoder.hasComeBefore }

    package func decode(
        _ payload: UnsafeRawBufferPointer, from route: Int, arrival: Instant, isSentAgain: Bool = false,
        isRetained: Bool = false, into readings: inout [Reading]
    ) -> PayloadFindings {
        var all = PayloadFindings()
        decoder.begin(route, arrival: arrival, isSentAgain: isSentAgain, isRetained: isRetained)
        while let findings = decoder.decodeNext(payload, into: &readings) {
            _ = quality.judge(&readings, of: &decoder.message, isRetained: isRetained)
            if all.isEmpty || all.isWithoutReadings { all = findings }
        }
        return all
    }

    package func appendChangedStates(to states: inout [DeviceState]) {
        decoder.appendChangedStates(to: &states)
        quality.appendChangedStates(to: &states)
    }

    package func noteStored() {
        decoder.noteStored()
        quality.noteStored()
    }

    package var nextRelease: Instant { quality.nextRelease }
    package var readingsNeeded: [Int] { quality.readingsNeeded }

    package func release(at now: Instant, into readings: inout [Reading]) { quality.release(at: now, into: &readings) }

    package func noteStored(_ reading: Reading) { quality.noteStored(reading) }

    package func restore(_ states: [DeviceState], present: Instant = .distantFuture) {
        decoder.restore(states)
        quality.restore(states, present: present)
    }
}
