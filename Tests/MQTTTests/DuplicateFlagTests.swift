import Testing

@testable import MQTT

@Suite struct DuplicateFlagTests {
    @Test(
        "the broker's mark is read from the library's line about the packet, whatever its topic says",
        arguments: [
            ("Client gateway received PUBLISH (d1, q1, r0, m5, 'a', ... (9 bytes))", true),
            ("Client gateway received PUBLISH (d0, q1, r0, m5, 'a', ... (9 bytes))", false),
            ("Client gateway received PUBLISH (d0, q1, r0, m5, ' received PUBLISH (d1', ... (9 bytes))", false),
            ("Client (null) received PUBLISH (d1, q1, r1, m65535, ' received PUBLISH (d0', ... (9 bytes))", true),
        ])
    func lines(line: String, isSet: Bool) {
        var flag = DuplicateFlag()
        flag.read(line)
        #expect(flag.isSet == isSet)
    }

    @Test(
        "lines about other things say nothing of the next message",
        arguments: ["Client gateway sending PUBACK (m5, rc0)", "", "x"])
    func others(line: String) {
        var flag = DuplicateFlag()
        flag.read("Client gateway received PUBLISH (d1, q1, r0, m5, 'a', ... (9 bytes))")
        flag.read(line)
        #expect(flag.isSet)
    }
}
