import Foundation
import TestSupport
import Testing

/// The command line: what it prints and how it exits.
@Suite struct CommandTests {
    @Test("check accepts the files that ship")
    func shipped() throws {
        let result = try TocsinBinary.run([
            "check", "--strict", "--config", RepositoryRoot.path + "/tocsin.example.yaml",
        ])
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("example-site: 5 devices"))
    }

    @Test("check shows every mistake in every file, as text and as JSON, and exits with 1")
    func mistakes() throws {
        let gateway = try GatewayProcess(brokerPort: 1)
        try gateway.folder.write(
            "rules/bad.yaml",
            "hazard: flood\nrules: [ { name: a, for_each: station, levels: { watch: water_levl > 1 m, wrning: true } } ]\n"
        )
        let text = try TocsinBinary.run(["check", "--config", gateway.folder.file("tocsin.yaml")])
        #expect(text.code == 1)
        #expect(text.errors.contains("bad.yaml:2:57: error: 'water_levl' is not a quantity"))
        #expect(text.errors.contains("did you mean 'warning'?"))
        let json = try TocsinBinary.run(["check", "--format", "json", "--config", gateway.folder.file("tocsin.yaml")])
        #expect(json.code == 1)
        let lines = json.output.split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }

    @Test("the published schema of rule files is the one that the reader's keys make")
    func schema() throws {
        let printed = try TocsinBinary.run(["schema"])
        #expect(printed.code == 0)
        #expect(
            try printed.output == RepositoryRoot.file("docs/rule-file.schema.json").text,
            "print it anew: tocsin schema > docs/rule-file.schema.json")
    }

    @Test("explain says what a rule is bound to and keeps, in words and as JSON")
    func explain() throws {
        let config = RepositoryRoot.path + "/tocsin.example.yaml"
        let text = try TocsinBinary.run(["explain", "river-rising", "--config", config])
        #expect(text.code == 0)
        #expect(text.output.contains("mean of water_level over 10m: compared with every reading, once for all rules"))
        #expect(text.output.contains("bound to 1 group with 1 series"))
        for part in [
            "emergency from stage > 1.6 m or (stage > 1.0 m and rise > 1.2 m/h) until stage < 1.4 m",
            "where stage is mean(water_level, 10m)",
            "gauge-01  water_level in ft, silent after ",
        ] { #expect(text.output.contains(part), "\(part) is not in \(text.output)") }
        let json = try TocsinBinary.run(["explain", "river-rising", "--json", "--config", config])
        let outline = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(outline["forEach"] as? [String] == ["station"])
        #expect((outline["bytes"] as? Int ?? 0) > 0)
        let missing = try TocsinBinary.run(["explain", "river-rizing", "--config", config])
        #expect(missing.code == 1)
        #expect(missing.errors.contains("did you mean 'river-rising'?"))
    }

    @Test(
        "a configuration's mistakes are shown with their place",
        arguments: [
            ("borker: {}\nbroker: { host: h, client_id: c }\n", "did you mean 'broker'?"),
            ("broker: { host: h, port: 70000, client_id: c }\n", "a whole number from 1 to 65535"),
            ("broker: { host: h }\n", "'client_id' is missing"),
            ("broker: { host: h, client_id: c, keepalive: 1d }\n", "'keepalive' must be from 5s to"),
            ("broker: { host: h, client_id: c, keepalive: 100000d }\n", "at most 50 years"),
            ("broker: { host: h, client_id: c, password_env: NO_SUCH_VARIABLE_HERE }\n", "has no variable"),
            ("broker: { host: h, client_id: c, tls: { ca: /nowhere.pem } }\n", "cannot be read"),
            ("broker: { host: h, client_id: c }\nladder: [a, a]\n", "a ladder needs"),
            (
                "broker: { host: h, client_id: c }\npolicies: nowhere.yaml\nlateness: soon\n",
                "nowhere.yaml cannot be read"
            ),
            (
                "broker: { host: h, client_id: c }\ndestinations: [ { name: x, kind: pigeon } ]\n",
                "known: mqtt, webhook, cap, exec, log"
            ),
        ])
    func configuration(body: String, expected: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("t.yaml", "site: s\nprofiles: p\nrules: r\nstore: { path: t.db }\n" + body)
        let result = try TocsinBinary.run(["check", "--config", folder.file("t.yaml")])
        #expect(result.code == 1)
        #expect(result.errors.contains(expected), "\(result.errors)")
    }

    @Test("exit codes: a missing file 66, a wrong command line 64, help 0")
    func codes() throws {
        #expect(try TocsinBinary.run(["check", "--config", "/nowhere.yaml"]).code == 66)
        #expect(try TocsinBinary.run(["run", "--config", "/nowhere.yaml"]).code == 66)
        #expect(try TocsinBinary.run(["tail", "--store", "/nowhere.db"]).code == 66)
        #expect(try TocsinBinary.run(["tail", "--store", "x", "--since", "whenever"]).code == 64)
        #expect(try TocsinBinary.run(["--help"]).code == 0)
        #expect(try TocsinBinary.run(["--generate-completion-script", "bash"]).output.contains("tocsin"))
    }

    @Test(
        "an argument that cannot be read is named, with what it may be",
        arguments: [
            (["shelve", "17", "soon", "-m", "x"], "'soon' is invalid for '<time>'", "30m, 2h or 1d"),
            (["tail", "--store", "x", "--since", "whenever"], "'whenever' is invalid", "06:10, today, yesterday"),
            (["audit", "verify", "--expect", "12"], "'12' is invalid", "number:hash"),
            (["history", ""], "'' is invalid", "its number, rule/group"),
        ])
    func arguments(arguments: [String], error: String, help: String) throws {
        let result = try TocsinBinary.run(arguments)
        let text = result.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(result.code == 64 && text.contains(error) && text.contains(help), "\(result.errors)")
    }

    @Test("the abstract of each command is a command")
    func abstracts() throws {
        struct Command: Decodable {
            var commandName: String
            var abstract: String?
            var subcommands: [Command]?
        }
        struct Tool: Decodable { var command: Command }
        let dump = try TocsinBinary.run(["--experimental-dump-help"]).output
        var commands = [try JSONDecoder().decode(Tool.self, from: Data(dump.utf8)).command]
        var count = 0
        while let command = commands.popLast() {
            commands += command.subcommands ?? []
            if command.commandName == "help" { continue }
            count += 1
            let abstract = command.abstract ?? ""
            let verb = abstract.prefix { $0 != " " }
            #expect(
                abstract.hasSuffix(".") && !verb.isEmpty && !verb.hasSuffix("s"), "\(command.commandName): \(abstract)")
        }
        #expect(count >= 24)
    }

    @Test("a configuration is found by itself, and the command says which: --config, TOCSIN_CONFIG, ./tocsin.yaml")
    func foundConfiguration() throws {
        let folder = try TemporaryFolder()
        try folder.write("tocsin.yaml", "lateness: soon\n")
        try folder.write("other.yaml", "lateness: later\n")
        let here = try TocsinBinary.run(["check"], folder: folder.path)
        #expect(here.errors.contains("using tocsin.yaml\n") && here.errors.contains("lateness: soon"), "\(here.errors)")
        let named = try TocsinBinary.run(["check"], environment: ["TOCSIN_CONFIG": "other.yaml"], folder: folder.path)
        #expect(
            named.errors.contains("using other.yaml, which TOCSIN_CONFIG names")
                && named.errors.contains("lateness: later"))
        let given = try TocsinBinary.run(["check", "-c", "other.yaml"], folder: folder.path)
        #expect(!given.errors.contains("using") && given.errors.contains("lateness: later"))
        let empty = try TemporaryFolder()
        let none = try TocsinBinary.run(["check"], folder: empty.path)
        if !FileManager.default.fileExists(atPath: "/etc/tocsin/tocsin.yaml") {
            #expect(none.code == 66 && none.errors.contains("there is no configuration: name it with --config"))
        }
    }

    @Test(
        "check finds what is wrong in every file at once, also where the configuration is wrong, and a policy that matches nothing"
    )
    func onePass() throws {
        let folder = try TemporaryFolder()
        try folder.write("profiles/test.yaml", SmallSite.profile)
        try folder.write("site.yaml", SmallSite.inventory(2))
        try folder.write(
            "rules/rules.yaml",
            "hazard: flood\nrules: [{ name: high, for_each: station, levels: { watch: water_levl > 2 m } }]\n")
        try folder.write(
            "rules/policies.yaml", "policies:\n  - { name: boss, where: { kind: gage }, steps: [{ to: nobody }] }\n")
        let text =
            "site: site.yaml\nprofiles: profiles\nrules: rules\nstore: { path: t.db }\ndestinations: [{ name: file, kind: log }]\n"
        try folder.write("tocsin.yaml", text + "broker: { host: h, client_id: c, port: 99999 }\n")
        let all = try TocsinBinary.run(["check"], folder: folder.path)
        for part in [
            "tocsin.yaml:6:", "rules/rules.yaml:2:", "rules/policies.yaml:2:", "did you mean 'water_level'?",
            "no destination 'nobody'",
        ] {
            #expect(all.errors.contains(part), "\(part) is not in \(all.errors)")
        }
        // A mistake of form in one rule, and one in a device, hide nothing of the others.
        try folder.write("tocsin.yaml", text + "broker: { host: h, client_id: c }\n")
        try folder.write("site.yaml", "time_zone: Europe/Berlni\n" + SmallSite.inventory(2))
        try folder.write(
            "rules/rules.yaml",
            """
            hazard: flood
            rules:
              - { name: cut, for_each: station, levels: { watch: mean(water_level, 10m) > 2 m } }
              - { name: unit, for_each: station, levels: { watch: water_level > 2 s } }
              - { name: level, for_each: station, levels: { wach: water_level > 2 m } }
            """)
        let more = try TocsinBinary.run(["check"], folder: folder.path).errors
        for part in [
            "rules/rules.yaml:3:", "rules/rules.yaml:4:", "did you mean 'watch'?",
            "'Europe/Berlni' is not in the time zone database",
        ] {
            #expect(more.contains(part), "\(part) is not in \(more)")
        }
        try folder.write(
            "site.yaml", SmallSite.inventory(2).replacing("id: d1, profile: test", with: "id: d1, profile: tset"))
        let devices = try TocsinBinary.run(["check"], folder: folder.path).errors
        for part in ["site.yaml:3:", "did you mean 'test'?", "rules/rules.yaml:4:", "did you mean 'watch'?"] {
            #expect(devices.contains(part), "\(part) is not in \(devices)")
        }
        try folder.write("site.yaml", SmallSite.inventory(2))
        try folder.write("tocsin.yaml", text + "broker: { host: h, client_id: c }\n")
        try folder.write(
            "rules/rules.yaml",
            "hazard: flood\nrules: [{ name: high, for_each: station, levels: { watch: water_level > 2 m } }]\n")
        try folder.write(
            "rules/policies.yaml", "policies:\n  - { name: boss, where: { kind: gage }, steps: [{ to: file }] }\n")
        let idle = try TocsinBinary.run(["check", "--strict"], folder: folder.path)
        #expect(idle.code == 1 && idle.errors.contains("rules/policies.yaml:2:"), "\(idle.errors)")
        #expect(
            idle.errors.contains("the policy 'boss' applies to nothing: no rule in any group has { kind: gage }"),
            "\(idle.errors)")
    }
}
