#include "tests/sim/story.h"

#include <fmt/format.h>

#include <map>

#include "common/event/codec.h"
#include "common/stream/event_record.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::sim {
namespace {

using event::Type;
using test::Events;

constexpr int tasks_max = 8;

// The teller knows one task; here are many, each with a worker of its own.
void rename(event::Event& event, int task, Random& random) {
  event.subject = fmt::format("task-{}", task);
  event.source = fmt::format("/workers/w{}", task);
  event.data.task_id = event.subject;
  event.data.vm_name = fmt::format("web-{}", task);
  if (event::validate(event)) {  // the teller leaves out what no fold asks for, and the codec asks for it
    event.data.hook = "before-export";
    event.data.snapshot_id = "snapshot-1";
    event.data.duration_ms = event.data.delay_ms = 1000;
    event.data.disk_index = event.data.iteration = 1;
  }
  if (event.type != Type::delivery_succeeded && event.type != Type::delivery_failed) return;
  if (event.type == Type::delivery_failed && random.chance(30)) event.type = Type::delivery_exhausted;
  event.type_name = event::full_type(event.type);
  event.data.delivery_id = fmt::format("delivery-{}-{}", task, random.below(3));
  event.data.try_number = 1 + random.below(4);
  event.data.attempt.reset();
}

stream::OutRecord poison(Random& random) {
  stream::OutRecord out{.topic = random.chance(70) ? lifecycle : (random.chance(50) ? progress : activity),
                        .key = fmt::format("task-{}", random.below(tasks_max)),
                        .value = "rubbish",
                        .headers = {{"x-origin", "sim"}}};
  switch (random.below(4)) {
    case 0:
      out.value.reset();  // a tombstone
      break;
    case 1:
      out.value = R"({"specversion":"1.0","id":"1"})";
      break;
    case 2:
      out.key.reset();
      out.value = std::string{"\xff\x00{", 3};
      break;
    default:
      break;
  }
  return out;
}

// Of a type this build does not know: no poison, and nobody's state.
stream::OutRecord unknown(Random& random, int made) {
  const std::string task = fmt::format("task-{}", random.below(tasks_max));
  return {.topic = lifecycle,
          .key = task,
          .value = fmt::format(R"({{"specversion":"1.0","id":"u-{}","source":"/workers/new",)"
                               R"("type":"io.godwit.task.teleported.v1","subject":"{}",)"
                               R"("time":"2026-11-21T09:54:19Z","data":{{"warp":9}}}})",
                               made, task),
          .headers = {{"content-type", "application/cloudevents+json"}}};
}

stream::OutRecord encoded(const event::Event& event, Random& random) {
  return stream::encode(event,
                        random.chance(20) ? stream::ContentMode::binary : stream::ContentMode::structured);
}

}  // namespace

Story::Story(std::uint64_t seed) {
  Random random{seed};
  // Each topic of each task keeps its own order; how they mix is chance, in runs of random length.
  std::vector<std::deque<event::Event>> open;
  const int tasks = 2 + random.below(tasks_max - 1);
  for (int task = 0; task < tasks; ++task) {
    test::Teller teller{random.seed()};
    const test::History history = teller.tell();
    for (const Events* events : {&history.lifecycle, &history.progress, &history.activity}) {
      std::deque<event::Event> named{events->begin(), events->end()};
      // Renamed by what it says, not by its place: a resend must stay a resend.
      Random names{random.seed()};
      std::map<std::string, event::Event> known;
      for (event::Event& event : named) {
        const std::string id = event.id;
        if (const auto before = known.find(id); before != known.end()) {
          event = before->second;
        } else {
          rename(event, task, names);
          known.emplace(id, event);
        }
      }
      if (!named.empty()) open.push_back(std::move(named));
    }
  }
  int made = 0;
  while (!open.empty()) {
    const auto chosen = open.begin() + random.below(static_cast<int>(open.size()));
    for (int run = random.chance(50) ? 1 : 1 + random.below(20); run > 0 && !chosen->empty(); --run) {
      records_.push_back(encoded(chosen->front(), random));
      chosen->pop_front();
      if (random.chance(4)) records_.push_back(poison(random));
      if (random.chance(2)) records_.push_back(unknown(random, ++made));
    }
    if (chosen->empty()) open.erase(chosen);
  }
}

void Story::tell(stream::MemoryLog& log, Random& random) {
  for (int left = random.below(15); left > 0 && !records_.empty(); --left) {
    const auto placed = log.append(records_.front());
    if (random.chance(3)) log.skip_offsets({records_.front().topic, placed.partition}, 1 + random.below(3));
    records_.pop_front();
  }
}

}  // namespace godwit::sim
