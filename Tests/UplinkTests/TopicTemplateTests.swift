import Alarms
import Escalation
import Foundation
import Telemetry
import TestSupport
import Testing
import Uplink

@Suite struct TopicTemplateTests {
    private func message(_ labels: [String: String], rule: String = "high") throws -> AlarmNotice {
        var bench = try AlarmBench()
        var transition = try #require(bench.feed([(0, 2.5)]).first)
        transition.alarm.labels = labels
        transition.alarm.rule = rule
        return AlarmNotice(transition, site: "s")
    }

    @Test("a topic template cannot be broken out of")
    func templates() {
        for text in ["", "a/+", "a/#", "a/{site", "a/site}", "a/}{", "{{site}}", "a/{}", "a\t", "a\0"] {
            #expect(TopicTemplate(text) == nil, "\(text)")
        }
        #expect(TopicTemplate("tocsin/{site}/{level}")?.namesUsed == ["site", "level"])
    }

    @Test(
        "what cannot stand in a topic is escaped, so that no two values share a topic, and can be read back",
        arguments: [
            ("a+b", "a%2Bb"), ("a#b", "a%23b"), ("a\tb", "a%09b"), ("a%2Bb", "a%252Bb"), ("{site}", "{site}"),
            ("ö/水", "ö/水"),
            ("\u{9b}", "%C2%9B"), ("", "none"), ("$SYS", "%24SYS"),
        ] as [(String, String)])
    func escapes(value: String, expected: String) throws {
        let first = try #require(TopicTemplate("{station}"))
        #expect(first.topic(for: try message(["station": value])) == expected)
        let second = try #require(TopicTemplate("up/{station}/{rule}"))
        let topic = second.topic(for: try message(["station": value]))
        #expect(topic == "up/\(value == "$SYS" ? value : expected)/high")
        if !value.isEmpty { #expect(topic.removingPercentEncoding == "up/\(value)/high") }
    }
}
