//! Real-time payment data of GACC Announcements 2018 No. 165 and No. 179: its model, its signing string, its signature.
