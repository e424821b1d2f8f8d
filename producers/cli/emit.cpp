#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "common/kafka/kafka_publisher.h"
#include "producers/cli/commands.h"
#include "producers/cli/draft.h"
#include "producers/cli/host.h"
#include "producers/cli/line_reader.h"

namespace godwit::cli {
namespace {

constexpr Millis queue_full_wait{200};

// What became of the events of one run. Filled from the publisher's thread.
struct Tally {
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> failed{0};
  std::uint64_t refused = 0;
};

// Publishes one event; waits while the queue is full, at most until `deadline`.
Status send(kafka::KafkaPublisher& publisher, const stream::OutRecord& record, Tally& tally,
            Timestamp deadline, const Clock& clock) {
  while (true) {
    auto accepted = publisher.publish(
        record, [&tally](const Result<stream::Placed>& placed) { ++(placed ? tally.stored : tally.failed); });
    if (accepted || accepted.error().kind != ErrorKind::transient || clock.now() > deadline) return accepted;
    (void)publisher.flush(queue_full_wait);
  }
}

}  // namespace

stream::ContentMode Emit::mode() const {
  return mode_ == "binary" ? stream::ContentMode::binary : stream::ContentMode::structured;
}

std::string Emit::source() const { return source_.empty() ? "/cli/" + host_name() : source_; }

void Emit::add(service::Flags& flags) {
  flags.text(
      "type", type_,
      "Type of the one event to send, e.g. task.started; without it NDJSON is read from standard input");
  flags.text("subject", subject_, "Subject and record key: the task id");
  flags.text("source", source_, "Who says so (URI reference); default /cli/<host>");
  flags.text("data", data_, "The event's data as a JSON object");
  flags.choice("mode", mode_, {"structured", "binary"}, "How the event is laid into the record");
  flags.integer("timeout", timeout_seconds_, 1, 3600, "Seconds to wait for Kafka to acknowledge, at the end");
  flags.flag(
      "follow", follow_,
      "Keep reading standard input, one event a line; a line is accepted once it is in the spool on disk");
  flags.text("spool", spool_,
             "With --follow: directory of the spool; default godwit/spool/<brokers> in ~/.local/state");
  flags.choice("durability", durability_, {"power-cut", "process-death"},
               "With --follow: what an accepted line survives at once");
  flags.integer("owed-max", owed_max_, 1, 10'000'000,
                "With --follow: accepted events that Kafka lacks; beyond them no line is read");
  flags.flag("ack", ack_, "With --follow: print the id of each accepted line");
  flags.rest("members", members_, "Members of data as NAME=VALUE, e.g. vm_name=web-1 provider=vsphere");
}

int Emit::run(const kafka::ClientOptions& client) const {
  if (follow_) {
    if (!type_.empty())
      return service::usage_error("godwit", "--follow reads events from standard input; --type names one");
    return follow(client);
  }
  const SystemClock clock;
  auto publisher =
      kafka::KafkaPublisher::create(client, {.message_timeout = std::chrono::seconds{timeout_seconds_}});
  if (!publisher) return service::usage_error("godwit", publisher.error().message);
  Tally tally;
  const auto take = [&](std::string_view json, const std::string& where) -> bool {
    const auto event = draft_to_send(json, {source(), clock.now()});
    if (!event) {
      ++tally.refused;
      fmt::print(stderr, "godwit: {}{}\n", where, event.error().message());
      return true;
    }
    const auto sent = send(**publisher, stream::encode(*event, mode()), tally,
                           clock.now() + std::chrono::seconds{timeout_seconds_}, clock);
    if (!sent) fmt::print(stderr, "godwit: {}{}\n", where, sent.error().message);
    return sent.ok();
  };
  bool going = true;
  if (!type_.empty()) {
    const auto draft = draft_from_flags(type_, subject_, data_, members_);
    if (!draft) return service::usage_error("godwit", draft.error().message);
    going = take(*draft, "");
  } else {
    LineReader lines{STDIN_FILENO};
    for (std::uint64_t number = 1; going; ++number) {
      const auto line = lines.next();
      if (!line) break;
      if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
      going = take(*line, fmt::format("line {}: ", number));
    }
  }
  const auto flushed = (*publisher)->flush(std::chrono::seconds{timeout_seconds_});
  fmt::print(stderr, "{} stored, {} refused, {} not acknowledged\n", tally.stored.load(), tally.refused,
             flushed ? tally.failed.load() : tally.failed + 1);
  if (!flushed || !going || tally.failed > 0) return 1;
  return tally.refused > 0 ? 2 : 0;
}

}  // namespace godwit::cli
