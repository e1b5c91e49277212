import ArgumentParser

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List device profiles, test them, and try a payload.",
        discussion: """
            A profile says how the payloads of one model of device become readings. Its vectors are real payloads, \
            with the readings that they must give.

              tocsin devices list --profiles Devices/profiles
              tocsin devices test --profiles Devices/profiles
              mosquitto_sub -C 1 -t towers/t3 | tocsin devices decode rain-tower towers/t3
            """,
        subcommands: [DevicesListCommand.self, DevicesTestCommand.self, DevicesDecodeCommand.self])
}
