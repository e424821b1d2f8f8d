#include "producers/worker/console.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

namespace {

using namespace godwit;
using namespace godwit::worker;

producer::Tick tick_of(std::int64_t done, std::int64_t total) {
  producer::Tick tick;
  tick.stage = "export";
  tick.bytes_done = done;
  tick.bytes_total = total;
  return tick;
}

// What a console wrote.
struct Paper {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), std::fclose};

  std::string text() const {
    std::string out(static_cast<std::size_t>(std::ftell(file.get())), ' ');
    std::rewind(file.get());
    out.resize(std::fread(out.data(), 1, out.size(), file.get()));
    return out;
  }
};

std::size_t count(std::string_view text, char wanted) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), wanted));
}

TEST_CASE("bytes and durations are written for people") {
  CHECK(format_bytes(7) == "7 B");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(1073741824) == "1.0 GiB");
  CHECK(format_duration(Millis{65'000}) == "01:05");
  CHECK(format_duration(Millis{3'723'000}) == "1:02:03");
}

TEST_CASE("a progress line shows percent, bytes, rate and time left") {
  CHECK(format_progress(tick_of(1048576, 4194304), Millis{2000}) ==
        "[######..................]  25.0 %  1.0 MiB of 4.0 MiB  512.0 KiB/s  ETA 00:06");
}

TEST_CASE("what is unknown is left out, and nothing divides by zero") {
  producer::Tick tick;
  tick.bytes_done = 10;
  CHECK(format_progress(tick, Millis{0}) == "  10 B");
  CHECK_FALSE(percentage_of(tick_of(0, 0)).has_value());
  CHECK(percentage_of(tick_of(8, 4)) == 100.0);
}

TEST_CASE("into a file goes at most one line per ten percent") {
  FakeClock clock{Timestamp{}};
  Paper paper;
  Console console{paper.file.get(), false, clock};
  console.stage_started("export", 0, 4);
  for (int i = 0; i <= 1000; ++i) console.progress(tick_of(i, 1000));
  console.stage_ended("export", StageEnd::completed, Millis{1500});
  const std::string text = paper.text();
  CHECK(count(text, '\n') == 12);
  CHECK(count(text, '\r') == 0);
  CHECK(text.starts_with("export started (1 of 4)\n"));
  CHECK(text.ends_with("export     completed after 1.5 s\n"));
}

TEST_CASE("on a terminal one line is drawn again, not more often than an eye can follow") {
  FakeClock clock{from_unix_ms(1'000'000)};
  Paper paper;
  Console console{paper.file.get(), true, clock};
  console.stage_started("export", 0, 4);
  for (int i = 0; i < 100; ++i) {
    console.progress(tick_of(i, 100));
    clock.advance(Millis{10});
  }
  console.stage_ended("export", StageEnd::failed, Millis{1000});
  const std::string text = paper.text();
  CHECK(count(text, '\r') == 11);
  CHECK(count(text, '\n') == 1);
}

}  // namespace
