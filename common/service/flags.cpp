#include "common/service/flags.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

#include "common/service/version.h"

namespace godwit::service {

struct Flags::State {
  std::unique_ptr<CLI::App> owned;  // only of the topmost
  CLI::App* app = nullptr;
  std::string config;
  std::vector<std::string>* after_dashes = nullptr;
  std::map<std::string, std::unique_ptr<Flags>> children;
};

namespace {

std::string environment_name(std::string name) {
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return "GODWIT_" + name;
}

template <class Target>
CLI::Option* add(CLI::App& app, const std::string& name, Target& target, const std::string& help) {
  return app.add_option("--" + name, target, help)->envname(environment_name(name))->capture_default_str();
}

// The file is read last and fills only what neither flag nor environment has set: that is the precedence.
Status apply_file(CLI::App& app, const std::string& path) {
  YAML::Node root;
  try {
    root = YAML::LoadFile(path);
  } catch (const YAML::Exception& error) {
    return invalid_error(fmt::format("--config {}: {}", path, error.what()));
  }
  if (!root.IsMap() && !root.IsNull())
    return invalid_error(fmt::format("--config {}: must be a map of flag names to values", path));
  for (const auto& entry : root) {
    const auto name = entry.first.as<std::string>();
    CLI::Option* option = app.get_option_no_throw("--" + name);
    if (option == nullptr && name.size() == 1) option = app.get_option_no_throw("-" + name);
    if (option == nullptr)
      return invalid_error(fmt::format("--config {}: line {}: there is no flag --{}", path,
                                       entry.first.Mark().line + 1, name));
    if (option->count() > 0) continue;
    try {
      if (entry.second.IsSequence()) {
        for (const auto& item : entry.second) option->add_result(item.as<std::string>());
      } else {
        option->add_result(entry.second.as<std::string>());
      }
      option->run_callback();
    } catch (const std::exception& error) {
      return invalid_error(
          fmt::format("--config {}: line {}: {}: {}", path, entry.first.Mark().line + 1, name, error.what()));
    }
  }
  return Done{};
}

}  // namespace

Flags::Flags(std::string program, std::string description) : state_(std::make_unique<State>()) {
  state_->owned = std::make_unique<CLI::App>(std::move(description), program);
  state_->app = state_->owned.get();
  state_->app->set_version_flag("--version", fmt::format("{} {}", program, version));
  state_->app->set_help_flag("--help", "Print this and exit");
  state_->app->add_option("--config", state_->config, "YAML file with any of these flags as keys")
      ->envname("GODWIT_CONFIG");
}

Flags::Flags(std::unique_ptr<State> state) : state_(std::move(state)) {}
Flags::~Flags() = default;
Flags::Flags(Flags&&) noexcept = default;

Flags& Flags::text(const std::string& name, std::string& target, const std::string& help) {
  add(*state_->app, name, target, help);
  return *this;
}

Flags& Flags::required_text(const std::string& name, std::string& target, const std::string& help) {
  add(*state_->app, name, target, help)->required();
  return *this;
}

Flags& Flags::choice(const std::string& name, std::string& target, const std::vector<std::string>& choices,
                     const std::string& help) {
  add(*state_->app, name, target, help)->check(CLI::IsMember(choices));
  return *this;
}

Flags& Flags::integer(const std::string& name, std::int64_t& target, std::int64_t min, std::int64_t max,
                      const std::string& help) {
  add(*state_->app, name, target, help)->check(CLI::Range(min, max));
  return *this;
}

Flags& Flags::real(const std::string& name, double& target, double min, double max, const std::string& help) {
  add(*state_->app, name, target, help)->check(CLI::Range(min, max));
  return *this;
}

Flags& Flags::flag(const std::string& name, bool& target, const std::string& help) {
  state_->app->add_flag("--" + name, target, help)->envname(environment_name(name));
  return *this;
}

Flags& Flags::texts(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  const bool brief = name.size() == 1;
  // One value a time, so that a repeated flag never swallows the words after it.
  state_->app->add_option(brief ? "-" + name : "--" + name, target, help)
      ->envname(environment_name(name))
      ->expected(1)
      ->take_all();
  return *this;
}

Flags& Flags::positional(const std::string& name, std::string& target, const std::string& help) {
  state_->app->add_option(name, target, help)->required();
  return *this;
}

Flags& Flags::rest(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  state_->app->add_option(name, target, help);
  return *this;
}

Flags& Flags::after_dashes(std::vector<std::string>& target) {
  state_->after_dashes = &target;
  return *this;
}

Flags& Flags::subcommand(const std::string& name, const std::string& help) {
  auto state = std::make_unique<State>();
  state->app = state_->app->add_subcommand(name, help);
  state->app->set_help_flag("--help", "Print this and exit");
  state->app->fallthrough();  // flags of the program may come after the subcommand, too
  state_->app->require_subcommand(1);
  auto& child = state_->children[name];
  child.reset(new Flags(std::move(state)));  // NOLINT: private constructor
  return *child;
}

bool Flags::chosen(const std::string& subcommand) const { return state_->app->got_subcommand(subcommand); }

// How many words are left to parse. The library would split words like [a,b], and a command's are its own.
int Flags::take_after_dashes(int argc, const char* const* argv) {
  const char* const* const end = argv + argc;
  const char* const* const dashes = std::find(argv, end, std::string_view{"--"});
  if (dashes == end) return argc;
  for (const auto& [name, child] : state_->children) {
    if (child->state_->after_dashes == nullptr || std::find(argv, dashes, name) == dashes) continue;
    child->state_->after_dashes->assign(dashes + 1, end);
    return static_cast<int>(dashes - argv);
  }
  return argc;
}

std::optional<int> Flags::parse(int argc, const char* const* argv) {
  CLI::App& app = *state_->app;
  const int count = take_after_dashes(argc, argv);
  try {
    app.parse(count, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help("", CLI::AppFormatMode::All));
    return 0;
  } catch (const CLI::CallForAllHelp&) {
    fmt::print("{}", app.help("", CLI::AppFormatMode::All));
    return 0;
  } catch (const CLI::CallForVersion& text) {
    fmt::print("{}\n", text.what());
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(app.get_name(), error.what());
  }
  if (state_->config.empty()) return std::nullopt;
  if (auto applied = apply_file(app, state_->config); !applied)
    return usage_error(app.get_name(), applied.error().message);
  return std::nullopt;
}

void KafkaFlags::add(Flags& flags) {
  flags.text("brokers", client.brokers, "Kafka brokers to start from, HOST:PORT,...");
  flags.choice("log-level", log_level, {"debug", "info", "warn", "error"},
               "How much to log, to standard error");
  flags.texts("X", properties_, "Any librdkafka property, NAME=VALUE; may be repeated");
}

Status KafkaFlags::finish(std::string_view program) {
  for (const std::string& pair : properties_) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) return invalid_error("-X must be followed by NAME=VALUE");
    client.properties.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  client.client_id = program;
  auto level = parse_log_level(log_level);
  if (!level) return level.error();
  init_log(program, *level);
  return Done{};
}

void ProgramFlags::add(Flags& flags) {
  kafka.add(flags);
  flags.text("data", data, "Directory for the program's files");
  flags.text("listen", listen, "HOST:PORT to serve HTTP on; port 0 takes a free one");
  flags.text("advertise", advertise, "URL under which other instances reach this one");
  flags.text("group", group, "Kafka consumer group");
  flags.text("port-file", port_file, "Write the HOST:PORT really listened on to this file");
}

int usage_error(std::string_view program, std::string_view message) {
  fmt::print(stderr, "{}: {} (see {} --help)\n", program, message, program);
  return 2;
}

}  // namespace godwit::service
