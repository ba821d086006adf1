-- Messages by the time of sending, to find those that were sent some while ago without walking all that are open.
CREATE INDEX outbox_by_sent ON outbox (sent_at) WHERE state = 'sent';
