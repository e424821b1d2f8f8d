#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "producers/worker/parse/diagnosis.h"
#include "producers/worker/parse/framing.h"
#include "producers/worker/parse/nbdcopy.h"
#include "producers/worker/parse/nbdkit_log.h"
#include "producers/worker/parse/progress.h"
#include "producers/worker/parse/qemu_img.h"
#include "producers/worker/parse/virt_v2v.h"

namespace {

using namespace godwit::worker;
using namespace godwit::worker::parse;

// Output of the real tools, as it came (captured/README.md).
std::string captured(const std::string& name) {
  std::ifstream file{std::string{GODWIT_CAPTURED_DIR} + "/" + name, std::ios::binary};
  REQUIRE_MESSAGE(file.is_open(), name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(std::string_view bytes, std::size_t chunk, FramingOptions options = {}) {
  std::vector<std::string> out;
  LineFramer framer{options};
  const auto keep = [&](std::string_view line) { out.emplace_back(line); };
  for (std::size_t i = 0; i < bytes.size(); i += chunk) framer.feed(bytes.substr(i, chunk), keep);
  framer.finish(keep);
  return out;
}

// Each figure the tool gave, fed in pieces of `chunk` bytes: where a read ends must not matter.
std::vector<double> readings(Dialect dialect, Channel channel, std::string_view bytes,
                             std::size_t chunk = 1) {
  std::vector<double> out;
  ProgressReader reader{dialect};
  for (std::size_t i = 0; i < bytes.size(); i += chunk)
    if (const auto reading = reader.feed(channel, bytes.substr(i, chunk)))
      out.push_back(reading->percentage ? *reading->percentage : static_cast<double>(*reading->bytes_done));
  return out;
}

TEST_CASE("both \\r and \\n end a line, and empty lines are left out") {
  const std::vector<std::string> want{"a", "b", "c", "d"};
  for (const std::size_t chunk : {1U, 2U, 100U}) CHECK(lines_of("a\rb\r\n\n\nc\nd", chunk) == want);
}

TEST_CASE("a line longer than the bound is cut and the next one is whole") {
  const std::string text = std::string(100'000, 'x') + "\nnext\n";
  for (const std::size_t chunk : {7U, 65536U}) {
    const auto lines = lines_of(text, chunk, {.line_bytes_max = 10});
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "xxxxxxxxxx");
    CHECK(lines[1] == "next");
  }
}

TEST_CASE("qemu-img convert reports from 0 to 100 and never backwards") {
  for (const std::size_t chunk : {1U, 5U, 4096U}) {
    const auto seen =
        readings(Dialect::qemu_img, Channel::standard_output, captured("qemu-img-convert.stdout"), chunk);
    REQUIRE_FALSE(seen.empty());
    CHECK(std::is_sorted(seen.begin(), seen.end()));
    CHECK(seen.back() == 100);
    if (chunk == 1) {
      CHECK(seen.front() == 0);
      CHECK(seen[1] == doctest::Approx(14.29).epsilon(0.9));
      CHECK(seen.size() > 10);
    }
  }
}

TEST_CASE("a conversion that runs out of disk never reports 100") {
  const auto seen =
      readings(Dialect::qemu_img, Channel::standard_output, captured("qemu-img-convert-full-disk.stdout"));
  REQUIRE_FALSE(seen.empty());
  CHECK(seen.back() < 100);
}

TEST_CASE("qemu-img compare's verdict is no progress") {
  const auto seen =
      readings(Dialect::qemu_img, Channel::standard_output, captured("qemu-img-compare.stdout"));
  REQUIRE_FALSE(seen.empty());
  CHECK(seen.back() == 100);
  CHECK_FALSE(qemu_img_progress("Images are identical.").has_value());
}

TEST_CASE("what only resembles a progress frame is none") {
  for (const char* line : {"", "    ", "(1.00/100%)", "    (1.00/100%", "    (1/100%)", "    (101.00/100%)",
                           "    (-1.00/100%)", "    (nan/100%)", "    (1.00/100%) ", "    (/100%)"})
    CHECK_FALSE(qemu_img_progress(line).has_value());
  for (const char* line : {"", "/100", "-1/100", "101/100", "1/1000", "x/100", "1.5/100", " 1/100"})
    CHECK_FALSE(nbdcopy_progress(line).has_value());
  CHECK(qemu_img_progress("    (43.75/100%)") == 43.75);
  CHECK(nbdcopy_progress("25/100") == 25);
}

TEST_CASE("nbdcopy's figures are those of its work units") {
  const std::vector<double> want{0, 0, 12, 25, 37, 50, 62, 75, 87, 100};
  CHECK(readings(Dialect::nbdcopy, Channel::extra, captured("nbdcopy-1gib.progress")) == want);
}

TEST_CASE("output on another channel is no progress") {
  CHECK(readings(Dialect::nbdcopy, Channel::standard_error, "25/100\n").empty());
  CHECK(readings(Dialect::silent, Channel::standard_output, "    (43.75/100%)\r").empty());
}

TEST_CASE("nbdkit's log covers the whole export: what was read and what was a hole") {
  const auto seen = readings(Dialect::nbdkit_log, Channel::extra, captured("nbdkit.log"));
  REQUIRE(seen.size() == 9);  // the hole at once, then eight reads
  CHECK(seen.front() == 2 * 1048576);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(seen.back() == 4 * 1048576);
}

TEST_CASE("a request that failed, or whose answer is not there yet, does not count") {
  NbdkitLog log;
  CHECK_FALSE(
      log.feed("2026-11-21 12:00:00.000000 connection=1 Read id=1 offset=0x0 count=0x1000 ...").has_value());
  CHECK_FALSE(log.feed("2026-11-21 12:00:00.000001 connection=1 Read id=2 offset=0x1000 count=0x800 ...")
                  .has_value());
  CHECK_FALSE(log.feed("2026-11-21 12:00:00.000002 connection=1 ...Read id=1 return=-1 (Input/output error)")
                  .has_value());
  CHECK_FALSE(log.feed("2026-11-21 12:00:00.000003 connection=2 ...Read id=2 return=0").has_value());
  CHECK(log.feed("2026-11-21 12:00:00.000004 connection=1 ...Read id=2 return=0") == 0x800);
  CHECK_FALSE(log.feed("2026-11-21 12:00:00.000005 connection=1 ...Read id=2 return=0").has_value());
  CHECK_FALSE(log.feed("rubbish").has_value());
  CHECK_FALSE(log.feed("").has_value());
}

TEST_CASE("a hole counts only where it was asked for") {
  NbdkitLog log;
  log.feed("d t connection=1 Extents id=1 offset=0x1000 count=0x1000 req_one=0 ...");
  CHECK(log.feed("d t connection=1 ...Extents id=1 extents=(0x0 0x1800 \"hole,zero\" 0x1800 0x9000 \"\") "
                 "return=0") == 0x800);
}

TEST_CASE("image facts are read from qemu-img's JSON") {
  const auto vmdk = qemu_img_info(captured("qemu-img-info-vmdk.json"));
  REQUIRE(vmdk.ok());
  CHECK(vmdk->format == "vmdk");
  CHECK(vmdk->bytes_virtual == 67108864);
  CHECK(vmdk->bytes_allocated == 29384704);
  CHECK(vmdk->create_type == "monolithicSparse");
  CHECK(vmdk->backing_file.empty());
  const auto flat = qemu_img_info(captured("qemu-img-info-vmdk-flat.json"));
  REQUIRE(flat.ok());
  CHECK(flat->create_type == "monolithicFlat");
  const auto raw = qemu_img_info(captured("qemu-img-info-raw.json"));
  REQUIRE(raw.ok());
  CHECK(raw->format == "raw");
  const auto backing = qemu_img_info(captured("qemu-img-info-backing.json"));
  REQUIRE(backing.ok());
  CHECK(backing->backing_file == "a.qcow2");
}

TEST_CASE("what is no image description is refused") {
  CHECK_FALSE(qemu_img_info("").ok());
  CHECK_FALSE(qemu_img_info("{}").ok());
  CHECK_FALSE(qemu_img_info("{\n    \"format\": \"raw\"\n}").ok());
  CHECK_FALSE(qemu_img_info("{\n    \"format\": \"raw\",\n    \"virtual-size\": -1\n}").ok());
}

Diagnosis diagnose(const std::string& tool, const std::string& text, DiagnosisOptions options = {}) {
  Diagnosis out{tool, options};
  for (const char c : text) out.feed({&c, 1});
  out.finish();
  return out;
}

TEST_CASE("the cause is the first line in the tool's own name, not the last line") {
  const auto diagnosis = diagnose("nbdcopy", captured("nbdcopy-read-error.stderr"));
  CHECK(diagnosis.own_words() == "nbdcopy: read at offset 4194304 failed: Input/output error");
  CHECK(diagnosis.tail() == captured("nbdcopy-read-error.stderr"));
  CHECK_FALSE(diagnosis.no_space());
  CHECK(diagnose("qemu-img", captured("qemu-img-no-file.stderr")).own_words() ==
        "qemu-img: Could not open 'nope.raw': Could not open 'nope.raw': No such file or directory");
}

TEST_CASE("a full disk is recognised, also when the tool does not say its name") {
  const auto nbdcopy = diagnose("nbdcopy", captured("nbdcopy-full-disk.stderr"));
  CHECK(nbdcopy.no_space());
  CHECK(nbdcopy.first_line() == "o.raw: No space left on device");
  CHECK(diagnose("qemu-img", captured("qemu-img-convert-full-disk.stderr")).no_space());
}

TEST_CASE("the tail is bounded, starts at a line, and the cause survives a flood") {
  std::string text = "tool: the cause\n";
  for (int i = 0; i < 10'000; ++i) text += "noise " + std::to_string(i) + "\n";
  const auto diagnosis = diagnose("tool", text, {.tail_bytes_max = 100, .framing = {}});
  CHECK(diagnosis.own_words() == "tool: the cause");
  CHECK(diagnosis.tail().size() <= 100);
  CHECK(diagnosis.tail().starts_with("noise "));
  CHECK(diagnosis.tail().ends_with("noise 9999\n"));
}

TEST_CASE("bytes that are no UTF-8 never reach an event") {
  CHECK(printable_utf8("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
  CHECK(printable_utf8("a\xFFz") == "a?z");
  CHECK(printable_utf8("\xC3") == "?");
  CHECK(printable_utf8("\xC0\xAF") == "??");            // overlong
  CHECK(printable_utf8("\xED\xA0\x80") == "???");       // surrogate
  CHECK(printable_utf8("\xF4\x90\x80\x80") == "????");  // above U+10FFFF
  CHECK(printable_utf8("\xF0\x9F\x90\xA6") == "\xF0\x9F\x90\xA6");
  CHECK(printable_utf8(std::string_view{"a\0b\x1B[0m\n\t", 9}) == "a?b?[0m\n\t");
}

TEST_CASE("virt-v2v tells each of its steps, and one percentage only while it copies") {
  std::vector<std::string> steps, remarks;
  for (const std::string& line : lines_of(captured("virt-v2v.jsonl"), 7)) {
    const auto record = virt_v2v_record(line);
    REQUIRE_MESSAGE(record.has_value(), line);
    (record->kind == V2vRecord::Kind::message ? steps : remarks).push_back(record->text);
  }
  REQUIRE(steps.size() == 13);
  CHECK(steps.front() == "Setting up the source: -i disk guest.qcow2");
  CHECK(steps[10] == "Copying disk 1/1");
  CHECK(steps.back() == "Finishing off");
  CHECK(remarks.size() == 3);
  for (const std::size_t chunk : {1U, 5U, 4096U}) {
    const auto seen =
        readings(Dialect::virt_v2v, Channel::standard_error, captured("virt-v2v.stderr"), chunk);
    REQUIRE_FALSE(seen.empty());
    CHECK(std::is_sorted(seen.begin(), seen.end()));
    CHECK(seen.back() == 100);
    if (chunk == 1) CHECK(seen.size() == 18);
  }
}

TEST_CASE("virt-v2v's cause is its last record, and the first line on its standard error") {
  const auto lines = lines_of(captured("virt-v2v-blank-disk.jsonl"), 4096);
  REQUIRE_FALSE(lines.empty());
  const auto last = virt_v2v_record(lines.back());
  REQUIRE(last.has_value());
  CHECK(last->kind == V2vRecord::Kind::error);
  CHECK(last->text.ends_with("No root device found in this operating system image."));
  const auto diagnosis = diagnose("virt-v2v", captured("virt-v2v-blank-disk.stderr"));
  CHECK(diagnosis.own_words() ==
        "virt-v2v: error: inspection could not detect the source guest (or physical machine).");
}

}  // namespace
