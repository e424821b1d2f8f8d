#include "producers/worker/steps.h"

#include <doctest/doctest.h>

#include "producers/worker/copy_engine.h"
#include "tests/unit/worker/fake_mirror.h"
#include "tests/unit/worker/fakes.h"

#include "producers/worker/tool.h"

namespace {

using namespace godwit;
using namespace godwit::worker;

std::string line(const Step& step) {
  std::string out = step.command.program;
  for (const auto& argument : step.command.arguments) out += " " + argument;
  return out;
}

TEST_CASE("the weights of each engine's stages and of the upload sum to one") {
  test::FakeMirror mirror;
  WarmEngine warm{mirror, {}};
  CopyEngine copy;
  for (const Engine* engine : {static_cast<const Engine*>(&warm), static_cast<const Engine*>(&copy)}) {
    double sum = Engine::upload_weight;
    for (const auto& stage : engine->stages()) sum += stage.weight.value();
    CHECK(sum == doctest::Approx(1));
  }
}

TEST_CASE("the export serves the source's file with nbdkit and fetches it with nbdcopy") {
  CHECK(line(export_disk("/s.vmdk", "/w/copy", {})) ==
        "nbdcopy -- [ nbdkit --exit-with-parent --readonly --filter=log file file=/s.vmdk logfile=/dev/fd/9 "
        "] /w/copy");
  CHECK(line(export_disk("/s", "/w/copy", {.rate_file = "/w/rate", .has_log_filter = false})) ==
        "nbdcopy --progress=9 -- [ nbdkit --exit-with-parent --readonly --filter=rate file file=/s "
        "rate-file=/w/rate ] /w/copy");
}

TEST_CASE("conversion and comparison name both formats, so nothing is guessed from content") {
  CHECK(line(convert_image("/a", "vmdk", "/b", "qcow2", 5)) ==
        "qemu-img convert -p -f vmdk -O qcow2 -r 5 -- /a /b");
  CHECK(line(compare_images("/a", "vmdk", "/b", "qcow2")) == "qemu-img compare -p -f vmdk -F qcow2 -- /a /b");
  CHECK(line(probe_image("/a", "raw")) == "qemu-img info --output=json -f raw -- /a");
  CHECK(line(probe_image("/a", std::nullopt)) == "qemu-img info --output=json -- /a");
}

parse::ImageInfo image(const char* format) {
  parse::ImageInfo info;
  info.format = format;
  return info;
}

TEST_CASE("a disk that refers to other files is refused, for its export would lack them") {
  CHECK(check_source(image("raw")).ok());
  CHECK_FALSE(check_source(image("luks")).ok());
  auto info = image("qcow2");
  info.backing_file = "base.qcow2";
  CHECK_FALSE(check_source(info).ok());
  info = image("vmdk");
  info.create_type = "streamOptimized";
  CHECK(check_source(info).ok());
  info.create_type = "monolithicFlat";
  CHECK_FALSE(check_source(info).ok());
}

ToolOutcome ended(std::optional<int> code, std::optional<int> signal) {
  ToolOutcome out;
  out.exit = {.code = code, .signal = signal};
  return out;
}

TEST_CASE("a failure carries how the tool ended and its own words") {
  const Step step = convert_image("/a", "raw", "/b", "qcow2", std::nullopt);
  auto outcome = ended(1, std::nullopt);
  outcome.first_line = "nbdkit: noise";
  outcome.own_words = "qemu-img: it broke";
  outcome.stderr_tail = "tail";
  const auto failed = failure_of(step, outcome);
  CHECK(failed.code == "tool_failed");
  CHECK(failed.message == "qemu-img: it broke");
  CHECK(failed.exit_code == 1);
  CHECK_FALSE(failed.signal.has_value());
  CHECK(failed.stderr_tail == "tail");
  CHECK(failed.error_class == "tool");
  CHECK(failed.phase == "qemu-img");

  auto killing = ended(std::nullopt, 9);
  killing.first_line = "nbdkit: file.9: error: aborting sleep because of server shut down";
  const auto killed = failure_of(step, killing);
  CHECK(killed.code == "tool_killed");
  CHECK(killed.signal == 9);
  CHECK_FALSE(killed.exit_code.has_value());
  CHECK(killed.message == "qemu-img was ended by signal 9");

  outcome.no_space = true;
  CHECK(failure_of(step, outcome).code == "no_space");
  CHECK(failure_of(step, outcome).error_class == "storage");
}

}  // namespace
