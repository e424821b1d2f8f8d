#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/http/client.h"
#include "common/json/fields.h"
#include "common/service/signals.h"
#include "producers/cli/commands.h"

namespace godwit::cli {
namespace {

constexpr Millis look_again{500};
constexpr int accepted = 202;
constexpr int ok = 200;

struct Known {
  std::string_view name;
  int port;
};
constexpr std::array<Known, 5> consumers{
    {{"progress", 8080}, {"dashboard", 8081}, {"audit", 8082}, {"webhooks", 8083}, {"metrics", 9090}}};

const Known* find(std::string_view name) {
  for (const Known& each : consumers)
    if (each.name == name) return &each;
  return nullptr;
}

int fail(const std::string& why) {
  fmt::print(stderr, "godwit: {}\n", why);
  return 1;
}

// Prints how far it is; the status to exit with once it has ended.
std::optional<int> tell(const std::string& body) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(body.data(), body.size());
  if (document.HasParseError()) return fail("the answer is no JSON");
  const json::Object told{document};
  int swapped = 0;
  int all = 0;
  std::string stopped;
  told.each("partitions", [&](const rapidjson::Value& each) {
    const json::Object partition{each};
    ++all;
    const auto state = partition.text("state");
    if (state == "swapped") ++swapped;
    if (state == "stopped")
      stopped += fmt::format("\n  {}: {}", partition.text("store").value_or("?"),
                             partition.text("reason").value_or("?"));
  });
  const auto eta = told.integer("eta_seconds");
  const bool running = told.flag("running");
  const std::string line = fmt::format(
      "{} of {} partitions, {} events, {:.0f}/s{}", swapped, all, told.integer("events").value_or(0),
      told.number("events_per_second").value_or(0), eta ? fmt::format(", {} s left", *eta) : "");
  if (isatty(STDOUT_FILENO) == 1) {
    fmt::print("\r\x1b[K{}{}", line, running ? "" : "\n");
  } else {
    fmt::print("{}\n", line);
  }
  std::fflush(stdout);
  if (running) return std::nullopt;
  return stopped.empty() ? 0 : fail("the rebuild stopped; the view that served goes on:" + stopped);
}

}  // namespace

void Replay::add(service::Flags& flags) {
  flags.positional("consumer", consumer_, "progress, dashboard, audit, webhooks or metrics");
  flags.text("url", url_, "Where the running instance listens; default: its default port on this host");
  flags.text("from", from_, "Fold this file, written by `godwit tail --format log`, instead; needs --data");
  flags.text("data", data_, "With --from: the directory the view is folded into");
  flags.flag("serve", serve_, "With --from: serve the view over HTTP when it is folded");
  flags.text("listen", listen_, "With --serve: HOST:PORT");
}

int Replay::run() const {
  if (find(consumer_) == nullptr)
    return service::usage_error("godwit", fmt::format("'{}' is no consumer", consumer_));
  return from_.empty() ? rebuild() : fold_file();
}

int Replay::rebuild() const {
  service::block_stop_signals();
  const std::string url = url_.empty() ? fmt::format("http://127.0.0.1:{}", find(consumer_)->port) : url_;
  http::Client client;
  const auto started = client.send({.method = "POST", .url = url + "/api/v1/rebuild"});
  if (!started)
    return fail(
        fmt::format("no godwit-{} answers at {} ({}); start one that rebuilds with `godwit-{} --rebuild`",
                    consumer_, url, started.error().message, consumer_));
  if (started->status != accepted)
    return fail(fmt::format("{} answers {}: {}", url, started->status, started->body));
  while (!service::wait_for_stop_signal(look_again)) {
    const auto told = client.send({.url = url + "/api/v1/rebuild"});
    if (!told) return fail(told.error().message);
    if (told->status != ok) return fail(fmt::format("{} answers {}", url, told->status));
    if (const auto status = tell(told->body)) return *status;
  }
  return fail("not waiting any more; the rebuild goes on");
}

// The consumer's own program does it, from beside this one.
int Replay::fold_file() const {
  if (data_.empty()) return service::usage_error("godwit", "replay --from needs --data DIR");
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / ("godwit-" + consumer_)).string();
  std::vector<std::string> words{program, "--from", from_, "--data", data_};
  if (!serve_) words.emplace_back("--once");
  if (serve_ && !listen_.empty()) words.insert(words.end(), {"--listen", listen_});
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  return fail(fmt::format("cannot start {}: {}", program, std::strerror(errno)));
}

}  // namespace godwit::cli
