#!/usr/bin/env python3
"""Plays a ChirpStack 4 network server that publishes one LoRaWAN device's events to an MQTT broker.

The device is a Dragino LHT65N with a temperature probe. The events are ChirpStack's own protobuf messages, from the
package chirpstack-api, and are written as JSON in ChirpStack's way: members in the order of the .proto files, members
that are 0 or empty written in the event itself but left out in rxInfo and txInfo, and times with +00:00. --steps plays
steps of your own; --list prints the steps.

Each line on standard output is a JSON object. Its "event" is one of:
  sent  an event was published: topic, payload in hex, kind, and for uplinks fCnt, fPort and
          readings  what a receiver must come to hold by it
          may       what a receiver may hold, but need not
          missing   how many uplinks were lost before this one
          copy      set if the uplink was sent before, so that it brings no new readings
  lost  an uplink was made but not published
  end   last line: all readings without repetitions, and the number of uplinks that are missing
A reading has application, device (its EUI), metric, unit, value, timestamp in ms, and time in full. The link is that of
the gateway that heard the uplink best.

Exit status: 0 done, 1 no connection to the broker, 2 wrong arguments.
"""

import argparse
import json
import struct
import sys
import time
import uuid

from chirpstack_api.common import common_pb2 as common
from chirpstack_api.gw import gw_pb2 as gateway
from chirpstack_api.integration import integration_pb2 as integration
from google.protobuf.json_format import MessageToDict

from player import NoConnection, WrongSteps, connect, tell

DEFAULT = "join up*3 again other gap up status ack txack log port5 up empty logged up noprobe join up*3 reset up*2"

STEPS = {
    "up": "an uplink with readings, on port 2",
    "again": "the last uplink once more, byte by byte",
    "other": "the last uplink once more, as another integration writes the same event: members sorted and indented",
    "gap": "two uplinks that are lost",
    "gap=NUMBER": "as many uplinks that are lost",
    "noprobe": "an uplink whose probe is not connected",
    "logged": "an uplink with an old value from the device's log, which must give no readings",
    "port5": "the device's own status on port 5, which must give no readings",
    "empty": "an uplink without payload on port 0, which must give no readings",
    "join": "the device joins: its frame counter starts at 0 again",
    "reset": "the frame counter starts at 0 again without a join; a log event says so",
    "status": "status event: margin and battery",
    "ack": "ack event: the device has confirmed a downlink",
    "txack": "txack event: a gateway has sent a downlink",
    "log": "log event: an error",
}

NAMES = uuid.UUID("6f2a2a34-5f0c-4c55-9d7b-2a1c0e7f8b11")


def rfc3339(text):
    return text.removesuffix("Z") + "+00:00"


def written(message, leave_zeros_out):
    """The message's JSON members as ChirpStack writes them."""
    plain = MessageToDict(message)
    full = plain if leave_zeros_out else MessageToDict(message, always_print_fields_with_no_presence=True)
    members = {}
    for field in message.DESCRIPTOR.fields:
        name, kind = field.json_name, field.message_type
        if name not in full:
            continue
        value = full[name]
        if kind and kind.full_name == "google.protobuf.Timestamp":
            value = rfc3339(value)
        elif kind and kind.GetOptions().map_entry:
            value = dict(sorted(value.items()))
        elif kind and kind.file.package in ("integration", "gw"):
            less = leave_zeros_out or kind.file.package == "gw"
            value = getattr(message, field.name)
            value = [written(item, less) for item in value] if field.is_repeated else written(value, less)
        members[name] = value
    return members


class Server:
    def __init__(self, arguments):
        self.arguments = arguments
        self.client = connect(arguments, f"chirpstack-{arguments.eui}")
        self.moment = None
        self.uplinks = self.joins = self.events = self.missing = self.all_missing = 0
        self.counter = 0
        self.address = "01a2b3c4"
        self.last = None
        self.readings = {}

    def now(self):
        """The time in ns of the next event: the clock's, or from a given start by equal steps. It always rises."""
        arguments = self.arguments
        if arguments.start is None:
            now = time.time_ns()
            self.moment = now if self.moment is None else max(now, self.moment + 1_000_000)
        elif self.moment is None:
            self.moment = arguments.start * 1_000_000 + 23_242
        else:
            self.moment += int(arguments.interval * 1e9) + 1_000_003
        return self.moment

    def event(self, make):
        """A new event with what all events have."""
        arguments = self.arguments
        self.events += 1
        event = make()
        if "deduplication_id" in event.DESCRIPTOR.fields_by_name:
            event.deduplication_id = self.identifier("event", self.events)
        event.time.FromNanoseconds(self.now())
        info = event.device_info
        info.tenant_id = self.identifier("tenant", 0)
        info.tenant_name = "Tenant"
        info.application_id = arguments.application
        info.application_name = "Hazards"
        info.device_profile_id = self.identifier("device profile", 0)
        info.device_profile_name = "LHT65N"
        info.device_name = "Cellar"
        info.dev_eui = arguments.eui
        info.device_class_enabled = common.DeviceClass.CLASS_A
        info.tags["site"] = "mill"
        if "region_config_id" in event.DESCRIPTOR.fields_by_name:
            event.region_config_id = "eu868"
        return event

    def identifier(self, what, number):
        return str(uuid.uuid5(NAMES, f"{self.arguments.eui} {what} {number}"))

    def publish(self, kind, event, text=None, **facts):
        arguments = self.arguments
        topic = f"application/{arguments.application}/device/{arguments.eui}/event/{kind}"
        if text is None:
            text = json.dumps(written(event, arguments.leave_zeros_out), ensure_ascii=False, separators=(",", ":"))
        payload = text.encode()
        try:
            info = self.client.publish(topic, payload, qos=arguments.qos, retain=False)
            info.wait_for_publish(10)
            published = info.is_published()
        except (RuntimeError, ValueError):
            published = False
        if not published:
            raise NoConnection("the connection to the broker is gone")
        tell("sent", kind=kind, topic=topic, payload=payload.hex(), qos=arguments.qos, retain=False, **facts)
        time.sleep(arguments.pause)
        return text

    # The steps

    def uplink(self, port, data, measured, lost=False):
        """An uplink that two gateways hear. What is measured gives readings: metric, unit and value."""
        arguments = self.arguments
        self.uplinks += 1
        n = self.uplinks
        event = self.event(integration.UplinkEvent)
        moment = event.time.ToNanoseconds()
        event.dev_addr = self.address
        event.adr = True
        event.dr = n % 6
        event.f_cnt = self.counter
        self.counter += 1
        event.f_port = port
        event.data = data
        if arguments.decoded and measured:
            event.object.update({metric: value for metric, _, value in measured})
        links = []
        for number in range(2):
            info = event.rx_info.add()
            info.gateway_id = f"0016c001f153a14{number}"
            info.uplink_id = (4_217_106_255 + 7919 * (2 * n + number)) % 2**32
            # Either gateway is the better one in turn, and the SNR of the better one is 0 at times.
            better = n % 2 == number
            info.rssi = (-67 if better else -113) - n % 7
            info.snr = (9.5 if n % 5 else 0) if better else -7.75
            links.append((info.rssi, info.snr))
            info.ns_time.FromNanoseconds(moment)
            if number == 0:
                info.gw_time.FromNanoseconds(moment // 1000 * 1000)
                info.location.latitude, info.location.longitude, info.location.altitude = 47.0707, 15.4395, 353
            info.channel = n % 8
            info.rf_chain = number
            info.context = bytes((n % 256, number, 0x96, 0x39))
            info.metadata["region_config_id"] = "eu868"
            info.metadata["region_common_name"] = "EU868"
            info.crc_status = gateway.CRCStatus.CRC_OK
        event.tx_info.frequency = 867_100_000 + 200_000 * (n % 5)
        lora = event.tx_info.modulation.lora
        lora.bandwidth = 125_000
        lora.spreading_factor = 12 - event.dr
        lora.code_rate = gateway.CodeRate.CR_4_5

        if lost:
            tell("lost", kind="up", fCnt=event.f_cnt)
            self.missing += 1
            return
        readings, may = [], []
        if measured:
            strength, quality = max(links)
            readings = [self.reading(event, *value) for value in measured]
            readings.append(self.reading(event, "link_rssi", "dBm", strength))
            # An SNR of 0 is not written in rxInfo: a receiver need not know that it is 0.
            (readings if quality else may).append(self.reading(event, "link_snr", "dB", quality))
        facts = {"fCnt": event.f_cnt, "fPort": port, "data": data.hex(), "readings": readings}
        if may:
            facts["may"] = may
        for reading in readings:
            self.readings[(reading["metric"], reading["time"])] = reading
        self.all_missing += self.missing
        missing, self.missing = self.missing, 0
        text = self.publish("up", event, missing=missing, **facts)
        self.last = (text, facts)

    def reading(self, event, metric, unit, value):
        return {"application": self.arguments.application, "device": self.arguments.eui, "metric": metric, "unit": unit,
                "value": value, "timestamp": event.time.ToMilliseconds(), "time": rfc3339(event.time.ToJsonString())}

    def up(self, lost=False, probe=True, logged=False):
        n = self.uplinks
        temperature = -321 + 37 * n  # hundredths of a degree
        humidity = (456 + 91 * n) % 1001  # tenths of a percent
        outside = -1250 + 113 * n if probe else 32767
        battery, level = 3062 - n, 3
        kind = 0x81 if logged else 0x01
        data = struct.pack(">HhHBhH", level << 14 | battery, temperature, humidity, kind, outside, 0x7FFF)
        measured = [("temperature", "degC", temperature / 100), ("humidity", "%", humidity / 10),
                    ("battery_voltage", "mV", battery), ("battery_status", "1", level)]
        if probe:
            measured.append(("probe_temperature", "degC", outside / 100))
        self.uplink(2, data, [] if logged else measured, lost)

    def copy(self, other):
        if self.last is None:
            raise WrongSteps("a copy must follow an uplink")
        text, facts = self.last
        if other:
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2, sort_keys=True)
        self.publish("up", None, text=text, copy=True, missing=0, **facts)

    def join(self):
        self.joins += 1
        self.counter = self.missing = 0
        event = self.event(integration.JoinEvent)
        self.address = event.dev_addr = f"01a2b3{0xc4 + self.joins:02x}"
        self.publish("join", event, readings=[])

    def reset(self):
        self.counter = self.missing = 0
        self.log(integration.LogCode.UPLINK_F_CNT_RESET, integration.LogLevel.WARNING,
                 "Frame-counter reset or rollover detected")

    def status(self):
        event = self.event(integration.StatusEvent)
        event.margin = 10
        event.battery_level = 88.3
        self.publish("status", event, readings=[])

    def ack(self):
        event = self.event(integration.AckEvent)
        event.queue_item_id = self.identifier("downlink", self.events)
        event.acknowledged = True
        event.f_cnt_down = 3
        self.publish("ack", event, readings=[])

    def txack(self):
        event = self.event(integration.TxAckEvent)
        event.downlink_id = 3_461_958_127
        event.queue_item_id = self.identifier("downlink", self.events)
        event.f_cnt_down = 3
        event.gateway_id = "0016c001f153a140"
        event.tx_info.frequency = 867_900_000
        event.tx_info.power = 14
        lora = event.tx_info.modulation.lora
        lora.bandwidth, lora.spreading_factor, lora.code_rate = 125_000, 7, gateway.CodeRate.CR_4_5
        lora.polarization_inversion = True
        event.tx_info.timing.delay.delay.FromSeconds(1)
        event.tx_info.context = b"\x20\x26\x15\x1b"
        self.publish("txack", event, readings=[])

    def log(self, code=integration.LogCode.UPLINK_MIC, level=integration.LogLevel.ERROR,
            text="MIC of uplink frame is invalid, make sure keys are correct"):
        event = self.event(integration.LogEvent)
        event.level, event.code, event.description = level, code, text
        event.context["deduplication_id"] = self.identifier("event", self.events)
        self.publish("log", event, readings=[])

    def play(self, steps):
        for step in steps:
            if step.startswith("gap"):
                for _ in range(int(step[4:] or 2)):
                    self.up(lost=True)
                continue
            {
                "up": self.up, "again": lambda: self.copy(False), "other": lambda: self.copy(True),
                "noprobe": lambda: self.up(probe=False), "logged": lambda: self.up(logged=True),
                # Model, firmware 1.0, EU868, no sub-band, battery.
                "port5": lambda: self.uplink(5, bytes.fromhex("0b010001ff0bcd"), []),
                "empty": lambda: self.uplink(0, b"", []),
                "join": self.join, "reset": self.reset, "status": self.status, "ack": self.ack, "txack": self.txack,
                "log": self.log,
            }[step]()
        self.client.disconnect()
        self.client.loop_stop()
        tell("end", readings=list(self.readings.values()), missing=self.all_missing)


def read_steps(text):
    steps = []
    for word in text.split():
        name, _, times = word.partition("*")
        known = name in STEPS or (name.startswith("gap=") and name[4:].isdigit())
        if not known or name == "gap=NUMBER" or (times and not times.isdigit()):
            raise argparse.ArgumentTypeError(f"{word} is no step; --list prints them")
        steps += [name] * int(times or 1)
    return steps


def read_arguments():
    parser = argparse.ArgumentParser(
        description="Plays ChirpStack 4 with one Dragino LHT65N. Prints what it sends, and what a receiver must come "
        "to hold, as JSON lines.")
    parser.add_argument("--steps", type=read_steps, default=read_steps(DEFAULT), help=f"what to play ({DEFAULT})")
    parser.add_argument("--list", action="store_true", help="print the steps, and exit")
    parser.add_argument("--host", default="127.0.0.1", help="the broker's host (%(default)s)")
    parser.add_argument("--port", type=int, default=1883, help="the broker's port (%(default)s)")
    parser.add_argument("--application", default="17c82e96-be03-4f38-aef3-f83d48582d97",
                        help="application ID (%(default)s)")
    parser.add_argument("--eui", default="a84041000181c061", help="the device's EUI (%(default)s)")
    parser.add_argument("--qos", type=int, choices=(0, 1, 2), default=0, help="QoS of the events (%(default)s)")
    parser.add_argument("--leave-zeros-out", action="store_true",
                        help="leave members that are 0 out of the event itself too, as ChirpStack 4.0 did")
    parser.add_argument("--decoded", action="store_true", help="write the decoded values too, as with a codec")
    parser.add_argument("--start", type=int, metavar="MS",
                        help="time of the first event in ms since 1970; without it, the clock's")
    parser.add_argument("--interval", type=float, default=1200, metavar="SECONDS",
                        help="time from one event to the next, with --start (%(default)s)")
    parser.add_argument("--pause", type=float, default=0.05, metavar="SECONDS",
                        help="wait after each event (%(default)s)")
    parser.add_argument("--wait", type=float, default=30, metavar="SECONDS",
                        help="how long to wait for the broker (%(default)s)")
    arguments = parser.parse_args()
    if arguments.list:
        for name, what in STEPS.items():
            print(f"{name:12} {what}")
        sys.exit()
    if any(character in arguments.application + arguments.eui for character in "/+#"):
        parser.error("an application ID or EUI must not contain / + #")
    return arguments


def main():
    arguments = read_arguments()
    try:
        Server(arguments).play(arguments.steps)
    except NoConnection as error:
        print(f"chirpstack-stream: {error}", file=sys.stderr)
        sys.exit(1)
    except WrongSteps as error:
        print(f"chirpstack-stream: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
