import MQTT
import TestSupport
import Testing

@Suite struct SecretTests {
    @Test(
        "a secret that is renewed in its file is the new one from then on, and a file that is gone or empty changes nothing"
    )
    func renewed() throws {
        let folder = try TemporaryFolder()
        try folder.write("token", "first\n")
        let secret = try #require(Secret(file: folder.file("token")))
        #expect(secret.value == "first")
        try folder.write("token", "the second\n")
        #expect(secret.value == "the second")
        try folder.write("token", "")
        #expect(secret.value == "the second")
        try folder.write("token", "a third")
        #expect(secret.value == "a third" && "\(secret)" == "(secret)")
        #expect(Secret(file: folder.file("nowhere")) == nil)
    }
}
