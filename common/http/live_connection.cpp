#include "common/http/live_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/http/sse.h"

namespace godwit::http {
namespace {

constexpr std::size_t pieces_per_write = 64;
constexpr std::size_t read_bytes = 4096;

}  // namespace

LiveConnection::LiveConnection(Descriptor socket, std::shared_ptr<const LiveStream> stream,
                               const LiveLimits& limits, Wake wake)
    : socket_(std::move(socket)),
      stream_(std::move(stream)),
      limits_(limits),
      wake_(std::move(wake)),
      reader_(limits.message_bytes_max) {}

bool LiveConnection::send(Pieces pieces) {
  {
    const std::lock_guard lock{mutex_};
    if (closed() || finishing_ || overflown_) return false;
    for (Piece& piece : pieces) {
      if (piece->empty()) continue;
      queued_ += piece->size();
      queue_.push_back(std::move(piece));
    }
    overflown_ = queued_ > limits_.queue_bytes_max;
    if (std::exchange(woken_, true)) return !overflown_;
  }
  wake_(shared_from_this());
  return true;
}

std::size_t LiveConnection::queued_bytes() const {
  const std::lock_guard lock{mutex_};
  return queued_;
}

void LiveConnection::finish() {
  {
    const std::lock_guard lock{mutex_};
    finishing_ = true;
    if (closed() || std::exchange(woken_, true)) return;
  }
  wake_(shared_from_this());
}

void LiveConnection::push(std::string bytes) {
  const std::lock_guard lock{mutex_};
  queued_ += bytes.size();
  queue_.push_back(std::make_shared<const std::string>(std::move(bytes)));
}

LiveConnection::Flow LiveConnection::write() {
  const std::lock_guard lock{mutex_};
  woken_ = false;
  if (overflown_) {
    reason_ = "overflow";
    return Flow::over;
  }
  while (!queue_.empty()) {
    std::array<iovec, pieces_per_write> parts{};
    std::size_t count = 0;
    for (const Piece& piece : queue_) {
      if (count == parts.size()) break;
      const std::size_t skip = count == 0 ? sent_of_first_ : 0;
      parts[count++] = {const_cast<char*>(piece->data()) + skip, piece->size() - skip};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Flow::blocked;
      reason_ = "left";
      return Flow::over;
    }
    written_at_ = Steady::now();
    auto left = static_cast<std::size_t>(sent);
    queued_ -= left;
    while (left > 0) {
      const std::size_t of_first = std::min(left, queue_.front()->size() - sent_of_first_);
      left -= of_first;
      sent_of_first_ += of_first;
      if (sent_of_first_ < queue_.front()->size()) break;
      queue_.pop_front();
      sent_of_first_ = 0;
    }
  }
  if (finishing_ && reason_.empty()) reason_ = "ended";
  return finishing_ ? Flow::over : Flow::idle;
}

bool LiveConnection::read() {
  std::array<char, read_bytes> bytes;  // NOLINT: filled by recv
  while (true) {
    const ssize_t got = recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    if (got <= 0) {
      reason_ = "left";
      return false;
    }
    if (stream_->kind == LiveKind::sse) continue;  // a client of events has nothing more to say
    reader_.take({bytes.data(), static_cast<std::size_t>(got)});
    while (auto message = reader_.next())
      if (!hear(*message)) return false;
    if (reader_.broken() != 0) {
      push(websocket_close(reader_.broken(), "this is not what was agreed on"));
      write();
      reason_ = "broken";
      return false;
    }
  }
}

bool LiveConnection::hear(const WebsocketReader::Message& message) {
  answered_ = true;
  switch (message.opcode) {
    case Opcode::text:
      if (stream_->heard) stream_->heard(shared_from_this(), message.payload);
      return true;
    case Opcode::ping:
      push(websocket_frame(Opcode::pong, message.payload));
      return write() != Flow::over;
    case Opcode::close:
      push(websocket_frame(Opcode::close, message.payload));
      write();
      reason_ = "left";
      return false;
    case Opcode::binary:
    case Opcode::continuation:
    case Opcode::pong:
      break;
  }
  return true;
}

bool LiveConnection::beat(Steady::time_point now) {
  const bool waits = queued_bytes() > 0;
  if (waits && now - written_at_ >= limits_.slow_max) {
    reason_ = "slow";
    return false;
  }
  if (waits || now - written_at_ < limits_.heartbeat) return true;
  push(stream_->kind == LiveKind::sse ? std::string{sse_heartbeat()} : websocket_frame(Opcode::ping, ""));
  return write() != Flow::over;
}

void LiveConnection::say_bye() {
  const std::string data =
      fmt::format(R"({{"reason":"this service is stopping","retry_ms":{}}})", limits_.retry.count());
  if (stream_->kind == LiveKind::sse)
    push(sse_retry(limits_.retry) + sse_frame({.event = "bye", .data = data}));
  else
    push(websocket_frame(Opcode::text, fmt::format(R"({{"type":"bye",{})", data.substr(1))) +
         websocket_close(1001, "this service is stopping"));
  const std::lock_guard lock{mutex_};
  finishing_ = true;
  reason_ = "stopped";
}

void LiveConnection::close(const std::string& reason) {
  const std::lock_guard lock{mutex_};
  if (reason_.empty()) reason_ = reason;
  if (closed_.exchange(true)) return;
  queue_.clear();
  queued_ = 0;
  socket_.close();
}

}  // namespace godwit::http
