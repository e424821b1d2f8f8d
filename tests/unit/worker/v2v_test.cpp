#include <doctest/doctest.h>

#include "producers/worker/parse/progress.h"
#include "producers/worker/parse/virt_v2v.h"
#include "producers/worker/steps.h"

namespace {

using namespace godwit::worker;
using Kind = parse::V2vRecord::Kind;

TEST_CASE("virt-v2v's records are told apart, and what is none is none") {
  const auto message = parse::virt_v2v_record(
      R"({ "message": "Copying disk 1/1", "timestamp": "2026-11-21T10:18:05.637069071+00:00", "type": "message" })");
  REQUIRE(message.has_value());
  CHECK(message->kind == Kind::message);
  CHECK(message->text == "Copying disk 1/1");
  CHECK(parse::virt_v2v_record(R"({"message":"low on space","type":"warning"})")->kind == Kind::warning);
  const auto error = parse::virt_v2v_record(
      R"({"message":"inspection could not detect the source guest (or physical machine).\n\nNo root device found","type":"error"})");
  CHECK(error->kind == Kind::error);
  CHECK(error->text.find("\n\nNo root device") != std::string::npos);
  for (const std::string_view line :
       {"", "virt-v2v-2.0", "[   0.0] Setting up the source", "{}", "[1]", R"({"type":"message"})",
        R"({"message":"x"})", R"({"message":"x","type":"progress"})", R"({"message":"cut off)"})
    CHECK_FALSE(parse::virt_v2v_record(line).has_value());
}

TEST_CASE("the bar's percentage is read whatever its spinner") {
  CHECK(parse::virt_v2v_bar("\u2588   2% [*---------]") == 2);
  CHECK(parse::virt_v2v_bar("\u259b 100% [****]") == 100);
  CHECK(parse::virt_v2v_bar(" 50% [**--]") == 50);
  for (const std::string_view text :
       {"", "50%", "50% [**--]", "x 50% [..]", "x 50% []", "x 101% [****]", "virt-v2v: warning: 5% [sic]"})
    CHECK_FALSE(parse::virt_v2v_bar(text).has_value());
}

TEST_CASE("frames of the bar end in \\r and come from standard error alone") {
  parse::ProgressReader reader{parse::Dialect::virt_v2v};
  const std::string_view bar = "\u2588   2% [*---]\r\u2588  51% [**--]\r\u2588  7";
  CHECK_FALSE(reader.feed(Channel::standard_output, bar).has_value());
  CHECK(reader.feed(Channel::standard_error, bar)->percentage == 51);
  CHECK(reader.feed(Channel::standard_error, "6% [***-]\n")->percentage == 76);
}

TEST_CASE("virt-v2v is told both formats and to speak to the extra pipe") {
  const Step step = virt_v2v("/s.vmdk", "vmdk", "/w", "qcow2");
  CHECK(step.command.has_extra_pipe);
  std::string line = step.command.program;
  for (const std::string& argument : step.command.arguments) line += " " + argument;
  CHECK(line ==
        "virt-v2v --machine-readable=fd:9 -i disk -if vmdk /s.vmdk -o local -os /w -on guest -of qcow2");
}

}  // namespace
