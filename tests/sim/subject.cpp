#include "tests/sim/subject.h"

#include "common/stream/event_record.h"
#include "consumers/audit/tables.h"
#include "consumers/dashboard/tables.h"
#include "consumers/metrics/tables.h"
#include "consumers/progress/tables.h"
#include "consumers/webhooks/tables.h"
#include "tests/sim/disks.h"
#include "tests/sim/story.h"

namespace godwit::sim {
namespace {

template <class P>
std::vector<std::string> fold_in_memory(const P& projection, const std::vector<stream::Record>& records) {
  std::map<std::string, typename P::State> states;
  std::vector<typename P::Outputs> outputs;
  for (const stream::Record& record : records) {
    const auto event = stream::decode(record);
    if (!event) continue;
    const std::string key = projection.key(*event);
    if (key.empty()) continue;
    projection.step(states[key], *event, outputs.emplace_back());
  }
  return rows_of<P>(states, outputs);
}

// One transaction, each row saved once, at the end.
template <class P, class Tables>
std::vector<std::string> fold_into_rows(const P& projection, const std::vector<stream::Record>& records) {
  auto db = sqlite::Database::open(":memory:", sqlite::OpenMode::read_write).value();
  db.exec(Tables::schema());
  Tables tables{db};
  std::map<std::string, typename P::State> states;
  for (const stream::Record& record : records) {
    const auto event = stream::decode(record);
    if constexpr (requires { tables.keep(record, event.error()); }) {
      if (event) {
        tables.keep(record, *event);
      } else {
        tables.keep(record, event.error());
      }
    }
    if (!event) continue;
    const std::string key = projection.key(*event);
    if (key.empty()) continue;
    typename P::Outputs out{};
    projection.step(states[key], *event, out);
    tables.apply(out);
  }
  for (const auto& [key, state] : states) tables.save(key, state, "");
  if constexpr (requires { tables.flush(); }) tables.flush();
  return dump(db);
}

// A projection as it is folded in memory and as it is folded into files; only the audit has two forms.
template <class InMemory, class InFiles, class Tables>
class SubjectOf final : public Subject {
 public:
  SubjectOf(std::vector<std::string> topics, projection::StoreKey store_key, InMemory in_memory = {},
            InFiles in_files = {})
      : topics_(std::move(topics)),
        store_key_(store_key),
        in_memory_(std::move(in_memory)),
        in_files_(std::move(in_files)) {}

  std::string name() const override { return std::string{InMemory::name}; }
  const std::vector<std::string>& topics() const override { return topics_; }
  projection::StoreKey store_key() const override { return store_key_; }
  std::unique_ptr<Disk> make_disk(Backing backing, Bug bug, const std::string& directory) const override {
    if (backing == Backing::files) return std::make_unique<FileDisk<InFiles, Tables>>(directory, in_files_);
    if (bug == Bug::duplicate_counted)
      return std::make_unique<MemoryDisk<Forgetful<InMemory>>>(Forgetful<InMemory>{in_memory_});
    return std::make_unique<MemoryDisk<InMemory>>(in_memory_);
  }
  std::vector<std::string> reference(Backing backing,
                                     const std::vector<stream::Record>& records) const override {
    return backing == Backing::files ? fold_into_rows<InFiles, Tables>(in_files_, records)
                                     : fold_in_memory(in_memory_, records);
  }

 private:
  std::vector<std::string> topics_;
  projection::StoreKey store_key_;
  InMemory in_memory_;
  InFiles in_files_;
};

template <class P, class Tables>
std::unique_ptr<Subject> subject(std::vector<std::string> topics, const P& projection = {}) {
  return std::make_unique<SubjectOf<P, P, Tables>>(std::move(topics), projection::StoreKey::partition,
                                                   projection, projection);
}

webhooks::Webhooks some_endpoints() {
  webhooks::Endpoint all{.name = "all",
                         .url = "https://all.example/hook",
                         .on_start = true,
                         .on_complete = true,
                         .on_error = true,
                         .on_warning = true};
  webhooks::Endpoint chat = all;
  chat.name = "chat";
  chat.kind = webhooks::Kind::slack;
  chat.on_start = chat.on_warning = false;
  webhooks::Endpoint off = all;
  off.name = "off";
  off.enabled = false;
  return {std::make_shared<const webhooks::EndpointBook>(webhooks::Endpoints{all, chat, off})};
}

}  // namespace

std::vector<std::unique_ptr<Subject>> all_subjects() {
  std::vector<std::unique_ptr<Subject>> out;
  out.push_back(subject<progress::Progress, progress::Tables>({lifecycle, progress, activity}));
  out.push_back(subject<metrics_view::Metrics, metrics_view::Tables>({lifecycle, activity}));
  out.push_back(subject<dashboard::Dashboard, dashboard::Tables>({lifecycle, progress, activity}));
  out.push_back(subject<webhooks::Webhooks, webhooks::Tables>({lifecycle, activity}, some_endpoints()));
  out.push_back(std::make_unique<SubjectOf<AuditEntries, audit::Audit, audit::Tables>>(
      std::vector{lifecycle, activity}, projection::StoreKey::topic_partition));
  return out;
}

}  // namespace godwit::sim
