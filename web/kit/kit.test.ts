import { expect, test, vi } from "vitest";
import { fill, grouped, signed } from "./text";
import { ageText, dayNumber, dayText, instantText, leftText, seconds } from "./time";

vi.stubGlobal("document", { getElementById: () => ({ textContent: JSON.stringify({ ago: "{span} ago", ahead: "in {span}", min: "{n} min", hour: "{n} h", day: "{n} days", days_hours: "{days}d {hours}h", now: "just now", late: "{span} late", left: "{span} left" }) }), documentElement: { dataset: { zone: "Asia/Shanghai" } } });

test("a pattern keeps what it has no value for", () => {
  expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
});

test("numbers are grouped, signs are true, the unknown is a dash", () => {
  expect([grouped(1234567), grouped(null), signed(3), signed(-3), signed(0)]).toEqual(["1,234,567", "–", "+3", "\u22123", "0"]);
});

test("instants are shown in the zone of the page", () => {
  expect(instantText(seconds("2020-02-01T04:00:00Z"))).toBe("2020-02-01 12:00");
  expect(instantText(seconds("2020-01-31T16:00:00Z"))).toBe("2020-02-01 00:00");
});

test("text that is not an instant is refused by name", () => {
  expect(() => seconds("yesterday")).toThrow('"yesterday" is not an instant');
});

test("ages grow from minutes to days", () => {
  expect([30, 180, 7200, 3 * 86400].map((age) => ageText(0, age))).toEqual(["just now", "3 min ago", "2 h ago", "3 days ago"]);
  expect(ageText(600, 0)).toBe("in 10 min");
});

test("a clock counts down, and up when late", () => {
  expect([leftText(11100), leftText(-2400), leftText(52 * 3600)]).toEqual(["3:05 left", "0:40 late", "2d 4h left"]);
});

test("day numbers go there and back", () => {
  expect(dayText(dayNumber("2020-02-28") + 2)).toBe("2020-03-01");
});
