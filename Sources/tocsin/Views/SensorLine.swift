import Diagnostics
import Foundation
import Store
import Telemetry

/// A sensor as `tocsin sensors` shows it.
struct SensorLine: Encodable {
    var device: String
    var quantity: String
    /// The newest value, in `unit`.
    var value: Double?
    var unit: String
    /// The time at which the newest value was measured, RFC 3339 in UTC.
    var time: String?
    /// The newest value's flag, in QARTOD's words: `pass`, `not evaluated`, `suspect`, `fail` or `missing`.
    var quality: String?
    /// The tests that the newest value failed.
    var flags: [String]
    var isSilent: Bool
    /// The reason why the sensor is in maintenance; `nil` for one that is in service.
    var maintenance: String?
    /// The number of seconds without a reading after which the sensor is silent.
    var silentAfter: Double?
    /// The readings within the last hour.
    var readings: Int
    /// The flagged ones of ``readings``.
    var flagged: Int
    /// The payloads of the device within the last hour that could not be read completely.
    var refused: Int
}

/// Shows sensors in columns.
struct SensorTable {
    let clock: SiteClock
    /// The columns of a terminal; `nil` if lines may have any length.
    let width: Int?
    let paint: TextPaint

    func lines(_ sensors: [SensorLine]) -> [String] {
        let device = Self.column(sensors.map(\.device), most: 16)
        let quantity = Self.column(sensors.map(\.quantity), most: 18)
        return sensors.map { sensor in
            let value = sensor.value.map { NumberText.short($0) + (sensor.unit.isEmpty ? "" : " \(sensor.unit)") }
            let heard = sensor.time.map { "\(clock.age($0)) ago" } ?? "not lately"
            let text = [
                Terminal.padded(Terminal.cut(sensor.device, to: device), device),
                Terminal.padded(Terminal.cut(sensor.quantity, to: quantity), quantity),
                Terminal.padded(value ?? "-", 10), Terminal.padded(heard, 10),
            ].joined(separator: "  ")
            let state = Terminal.cut(Self.state(sensor), to: width.map { $0 - text.count - 2 })
            let isBad =
                sensor.isSilent || sensor.quality == QualityFlag.fail.name || sensor.quality == QualityFlag.missing.name
            return ControlCharacters.escaped(text) + "  "
                + (isBad ? paint(.boldRed, state) : ControlCharacters.escaped(state))
        }
    }

    private static func state(_ sensor: SensorLine) -> String {
        var state = sensor.maintenance.map { "in maintenance: \($0); " } ?? ""
        state += sensor.isSilent ? "SILENT" : sensor.quality ?? ""
        if !sensor.flags.isEmpty { state += " (\(sensor.flags.joined(separator: ", ")))" }
        if sensor.flagged > 0 { state += ", \(sensor.flagged) of \(sensor.readings) flagged" }
        if sensor.refused > 0 { state += ", \(sensor.refused) refused" }
        return state
    }

    private static func column(_ texts: [String], most: Int) -> Int { min(most, texts.map(\.count).max() ?? 0) }
}
