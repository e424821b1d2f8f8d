// Mail: one message for a mail server, as a value. It is sent by EventClient.
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"

namespace godwit::http {

struct Mail {
  std::string server;  // smtp://HOST[:PORT] or smtps://HOST[:PORT]
  std::string from;    // addresses without names
  std::vector<std::string> to;
  std::string bytes;                     // the whole message, headers and all; lines end in CRLF
  std::string user = {}, password = {};  // both or neither; never told in errors
  // With smtp://, the connection becomes TLS by STARTTLS before anything else is said. False: mail and
  // password go in the open.
  bool starttls = true;
  std::string greeting = {};  // the name given in EHLO; empty: this host's
  std::string ca_file = {};   // as in ClientRequest
  Millis connect_timeout{5'000};
  Millis total_timeout{30'000};
  bool public_only = false;  // as in ClientRequest
};

}  // namespace godwit::http
