// sim: runs simulations of every projection over many seeds, or shows that planted bugs are caught.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "common/base/log.h"
#include "tests/lib/temporary_directory.h"
#include "tests/sim/simulation.h"

namespace godwit::sim {
namespace {

constexpr std::string_view usage = R"(Usage: sim [--seeds N] [--seed N] [--bug NAME] [--prove]
  --seeds N   run the seeds 1..N (default 200)
  --seed N    run this one
  --bug NAME  with a planted bug
  --prove     run each planted bug until a seed of 1..N catches it; fails when none does
)";

constexpr std::uint64_t files_every = 10;  // seeds: the others are folded in memory, which is much faster

struct Options {
  std::uint64_t first = 1, last = 200;
  Bug bug = Bug::none;
  bool prove = false;
};

// In memory where there is such a place: no process really dies here, so nothing need reach a disk.
std::filesystem::path fast_place() {
  const bool fast = std::getenv("TMPDIR") == nullptr && std::filesystem::is_directory("/dev/shm");
  return fast ? std::filesystem::path{"/dev/shm"} : std::filesystem::temp_directory_path();
}

// Bugs planted in a projection, or in when a file is let go, are planted in memory only: see README.md.
Backing backing_of(std::uint64_t seed, Bug bug) {
  const bool memory_only = bug == Bug::duplicate_counted || is_late(bug);
  return seed % files_every == 0 && !memory_only ? Backing::files : Backing::memory;
}

// What is wrong with this seed, by the first projection that shows it.
std::optional<std::string> run_seed(const std::vector<std::unique_ptr<Subject>>& subjects, std::uint64_t seed,
                                    Bug bug, Tally& tally) {
  for (const auto& subject : subjects) {
    const Backing backing = backing_of(seed, bug);
    std::optional<testing::TemporaryDirectory> directory;
    if (backing == Backing::files) directory.emplace(fast_place());
    Simulation simulation{*subject, {seed, backing, directory ? directory->path() : "", bug}};
    std::optional<std::string> complaint;
    try {
      complaint = simulation.run();
    } catch (const std::exception& failure) {
      complaint = failure.what();
    }
    for (const auto& [what, count] : simulation.tally().counts) tally.add(what, count);
    if (complaint) return fmt::format("{}: {}", subject->name(), *complaint);
  }
  return std::nullopt;
}

int run(const std::vector<std::unique_ptr<Subject>>& subjects, const Options& options,
        std::string_view program) {
  Tally tally;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    const auto complaint = run_seed(subjects, seed, options.bug, tally);
    if (!complaint) continue;
    ++failed;
    fmt::print("seed {}: {}\n  replay: {} --seed {}\n", seed, *complaint, program, seed);
    std::fflush(stdout);
  }
  for (const auto& [what, count] : tally.counts) fmt::print("{:>8} {}\n", count, what);
  fmt::print("{} seeds, {} failed\n", options.last - options.first + 1, failed);
  return failed == 0 ? 0 : 1;
}

int prove(const std::vector<std::unique_ptr<Subject>>& subjects, const Options& options) {
  Tally ignored;
  int wrong = 0;
  for (const BugInfo& info : bugs) {
    std::uint64_t seed = options.first;
    std::optional<std::string> complaint;
    while (seed <= options.last && !(complaint = run_seed(subjects, seed, info.bug, ignored))) ++seed;
    const bool harmless = info.bug == Bug::none_but_late;
    if (complaint.has_value() == harmless) ++wrong;
    if (complaint) {
      fmt::print("{}: {} by seed {}, {}\n", info.name, harmless ? "WRONGLY CAUGHT" : "caught", seed,
                 complaint->substr(0, complaint->find('\n')));
    } else {
      fmt::print("{}: {} by the seeds {}..{}\n", info.name, harmless ? "passed" : "NOT CAUGHT", options.first,
                 options.last);
    }
  }
  return wrong == 0 ? 0 : 1;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{out} : std::nullopt;
}

std::optional<Options> parse(const std::vector<std::string_view>& words) {
  Options out;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--prove") {
      out.prove = true;
      continue;
    }
    if (i + 1 == words.size()) return std::nullopt;
    const std::string_view value = words[i + 1];
    if (words[i] == "--bug") {
      for (const BugInfo& info : bugs)
        if (info.name == value) out.bug = info.bug;
      if (out.bug == Bug::none) return std::nullopt;
    } else if (const auto given = number(value); given && words[i] == "--seeds") {
      out.last = *given;
    } else if (given && words[i] == "--seed") {
      out.first = out.last = *given;
    } else {
      return std::nullopt;
    }
    ++i;
  }
  return out;
}

}  // namespace
}  // namespace godwit::sim

int main(int argc, char** argv) {
  using namespace godwit;
  const std::vector<std::string_view> words{argv, argv + argc};
  const auto options = sim::parse(words);
  if (!options) {
    fmt::print(stderr, "{}", sim::usage);
    return 2;
  }
  init_log("sim", LogLevel::error);
  const auto subjects = sim::all_subjects();
  return options->prove ? sim::prove(subjects, *options) : sim::run(subjects, *options, words.at(0));
}
