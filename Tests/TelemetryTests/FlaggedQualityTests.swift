import Telemetry
import Testing

/// What a person's flag makes of the quality of a reading.
@Suite struct FlaggedQualityTests {
    private static let spike = Quality(.spike, .fail)
    private static let gap = Quality(.gap, .fail)

    @Test(
        "pass and fail replace what the tests of the value found, and the maintenance; what is known of the time stays")
    func replaced() {
        for quality in [Self.spike, .maintenance, Quality(.neighbours, .suspect), [.notEvaluated]] {
            let passed = quality.union([Self.gap, .clockReplaced]).flagged(.pass)
            #expect(passed.flag == .pass && passed.isUsable && !passed.isSuspect)
            #expect(passed.names == ["gap-fail", "clock-replaced", "operator-pass"])
            let failed = quality.flagged(.fail)
            #expect(failed.flag == .fail && !failed.isUsable && failed.names == ["operator-fail"])
        }
        #expect(Quality.notFinite.flagged(.pass).flag == .missing)
        #expect(!Quality.late.flagged(.pass).isUsable, "windows have moved on")
    }

    @Test("suspect adds a doubt, and takes nothing back")
    func doubt() {
        #expect(Quality().flagged(.suspect).flag == .suspect)
        #expect(Quality().flagged(.suspect).isUsable)
        #expect(Self.spike.flagged(.suspect).flag == .fail)
        #expect(!Quality.maintenance.flagged(.suspect).isUsable)
    }
}
