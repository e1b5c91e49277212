import AlarmModel
import Alarms
import Testing

/// The names of an alarm whose rule has another name than when it was raised.
@Suite struct AlarmNameTests {
    @Test(
        "an identity keeps its parts, and the new name has its own",
        arguments: [
            ("very", false), ("very-long", false), ("very-long-name", true), ("very-long-name/s7", true),
            ("very-long-name/s7@2026-11", true), ("very-long-name/s7@2026-11-25T13:17:51Z", true), ("r", true),
            ("r/s7", true),
            ("r/s", false),
        ])
    func renamed(name: String, isFound: Bool) {
        let candidate = AlarmName.Candidate(
            1, identity: "very-long-name/s7@2026-11-25T13:17:51Z", key: AlarmKey(rule: "r", group: "s7"), isActive: true
        )
        #expect(AlarmName(name).matches(among: [candidate]).count == (isFound ? 1 : 0))
    }
}
